/** A run directory that cannot be made ends the run at once. */
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { train } from '../../lib/train/index.js';
import { tinyRun } from './tiny_run.js';

it.skipIf(!existsSync('/proc/self'))('output in a folder where none can be made (needs /proc)', async () => {
  const { config } = await tinyRun(['a', 'b']);
  const run = train({ ...config, output: '/proc/foothold/run' } as unknown as Parameters<typeof train>[0]);
  await expect(run).rejects.toThrow(/run directory cannot be made.*Choose another output/);
});
