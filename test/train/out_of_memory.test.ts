/** An update that really runs out of memory: the process may not have as much as it asks for. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const child = fileURLToPath(new URL('faults/little_memory.ts', import.meta.url));
const canLimit = spawnSync('prlimit', ['--version']).status === 0;

it.skipIf(!canLimit)(
  'is made again in smaller parts, and is the same update (needs prlimit)',
  () => {
    const env = { ...process.env, OMP_NUM_THREADS: '1' };
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', child], {
      encoding: 'utf8',
      env,
    });
    expect(status, stderr).toBe(0);
    const { made, same, limit, warnings } = JSON.parse(stdout);
    expect(made.outOfMemory).toBeGreaterThan(0);
    expect(made).toMatchObject({ skipped: null, numMicroBatches: expect.any(Number) });
    expect(limit).toBeLessThan(8192);
    expect(warnings).toHaveLength(made.outOfMemory);
    expect(same).toBe(true);
  },
  60_000,
);
