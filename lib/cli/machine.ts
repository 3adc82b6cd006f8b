/** What `foothold doctor` finds out about this machine. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findLibTorch, type LibTorch, libTorchIsMissing, missingLibraries } from '../../bindings/libtorch.js';
import { packageRoot } from '../../bindings/load.js';
import type { ProbeResult } from './probe.js';

export interface MachineReport {
  foothold: string;
  node: string;
  /** `linux-x64`, … */
  platform: string;
  libTorch: Pick<LibTorch, 'version' | 'variant' | 'source' | 'root'> | null;
  addons: { text: ProbeResult; torch: ProbeResult };
  /** `cpu`, then the CUDA devices with their names. Empty when LibTorch does not load. */
  devices: string[];
  /** Threads that LibTorch uses; processors of the machine when it does not load. */
  threads: number;
  /** Bytes. */
  memory: { total: number; free: number };
  /** What keeps Foothold from working, each with what to do. Empty: all is well. */
  problems: string[];
}

/** Look at this machine. Does not throw: what is wrong is in `problems`. */
export function examineMachine(): MachineReport {
  const problems: string[] = [];
  const libTorch = lookForLibTorch(problems);
  const addons = { text: probeAddon('text'), torch: probeAddon('torch') };
  if (addons.text.reason) problems.push(addons.text.reason);
  // Without LibTorch the torch addon's own reason says the same once more.
  else if (libTorch && addons.torch.reason) problems.push(addons.torch.reason);
  const info = addons.torch.info;
  return {
    foothold: JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    libTorch,
    addons,
    devices: info ? ['cpu', ...Array.from({ length: info.cudaDevices }, (_, i) => `cuda:${i}`)] : [],
    threads: info?.threads ?? availableParallelism(),
    memory: { total: totalmem(), free: freemem() },
    problems,
  };
}

function lookForLibTorch(problems: string[]): LibTorch | null {
  try {
    const libTorch = findLibTorch();
    const missing = libTorch ? missingLibraries(libTorch) : [];
    if (missing.length > 0) problems.push(`LibTorch in ${libTorch?.root} needs ${missing.join(', ')}, not found.`);
    if (!libTorch) problems.push(libTorchIsMissing);
    return libTorch;
  } catch (error) {
    problems.push((error as Error).message);
    return null;
  }
}

function probeAddon(name: 'text' | 'torch'): ProbeResult {
  const script = fileURLToPath(new URL('./probe.js', import.meta.url));
  const { stdout, status, signal } = spawnSync(process.execPath, [script, name], { encoding: 'utf8' });
  if (status === 0) return JSON.parse(stdout) as ProbeResult;
  return { loads: false, reason: `foothold_${name} ended its process (${signal ?? `status ${status}`}) when loaded.` };
}
