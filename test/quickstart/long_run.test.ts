/** Memory over a long run. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { packageRoot } from '../../bindings/load.js';

test('300 steps: resident memory stays where it was once the caches of products are full', async () => {
  // Of the two caches of compiled products (see bindings/libtorch.ts) small ones, which are full after some 60 steps.
  const env = {
    ...process.env,
    ONEDNN_PRIMITIVE_CACHE_CAPACITY: '32',
    LRU_CACHE_CAPACITY: '32',
    OMP_NUM_THREADS: '1',
  };
  const script = join(packageRoot, 'test', 'quickstart', 'long_run.ts');
  const args = ['--expose-gc', '--import', 'tsx', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: packageRoot, env });
  const resident = JSON.parse(stdout) as number[];
  expect(resident).toHaveLength(300);
  const median = (from: number, to: number) => resident.slice(from, to).sort((a, b) => a - b)[(to - from) >> 1]!;
  // MiB, over 200 steps. A step that kept its activations or rollouts would add as much every few steps.
  expect(median(280, 300) - median(80, 100)).toBeLessThan(16);
}, 300_000);
