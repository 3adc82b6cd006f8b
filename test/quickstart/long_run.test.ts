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
  const mean = (from: number, to: number) =>
    resident.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
  // MiB. A step that kept its activations, rollouts or samples would add more than this every few steps.
  expect(mean(280, 300) - mean(80, 100)).toBeLessThan(8);
}, 300_000);
