/** What a figure was measured on. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../bindings/load.js';
import type { TorchInfo } from '../../bindings/torch.js';

export interface BenchMachine {
  foothold: string;
  node: string;
  processor: string;
  cores: number;
  /** Version, and threads of one tensor operation; null where LibTorch has no part in the figure. */
  libTorch: Pick<TorchInfo, 'version' | 'threads'> | null;
  /** Mean number of running processes in the last minute: with other work than the benchmark, figures are noisy. */
  load: number;
}

export function benchMachine(libTorch: BenchMachine['libTorch']): BenchMachine {
  return {
    foothold: JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version,
    node: process.versions.node,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    libTorch,
    load: Math.round(loadavg()[0]! * 10) / 10,
  };
}
