/**
 * A process that dies at a write: before it, or when it is made by half. Death is played here (from that write on none is
 * made, and nobody tidies up); `npm run faults` kills real processes, and at random moments too.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunInput } from '../../lib/config/index.js';
import { train } from '../../lib/train/index.js';
import { damage } from '../../lib/train/manifest.js';
import { fakeEngine } from './fake_policy.js';
import { watchWrites } from './faults/writes.js';
import { type TinyRun, timeless, tinyRun, tokenizer } from './tiny_run.js';

const problems = Array.from({ length: 6 }, () => 'a');
const settings = {
  ...{ maxSteps: undefined, saveSteps: 1, saveTotalLimit: 1, epsilonStd: 0, method: undefined },
  stages: [
    { method: 'srl', maxSteps: 2 },
    { method: 'srl', maxSteps: 1, from: 'last' },
  ],
};
const go = (run: TinyRun, resume: boolean) =>
  train(run.config as unknown as RunInput, { engine: fakeEngine(tokenizer), resume });

/** One in three writes is enough to notice a mistake soon. */
const stride = process.env.FOOTHOLD_FAULTS === 'all' ? 1 : 3;
const { TMPDIR } = process.env;
let unwatch = () => {};
// Thousands of syncs cost minutes on a disk, and a process that dies loses nothing for want of one.
beforeEach(() => {
  if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm';
});
afterEach(() => {
  unwatch();
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
});

/** Everything a run leaves that must not depend on its history. */
async function result(run: TinyRun) {
  const checkpoint = join(run.output, 'checkpoints', 'step-3');
  const bytes = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');
  const files = (folder: string) => Object.fromEntries(readdirSync(folder).map((name) => [name, bytes(folder, name)]));
  // The configuration in it, and with it the manifest, names the folder of the run.
  const { 'state.json': state, 'manifest.json': _, ...others } = files(checkpoint);
  const { origin: __, ...saved } = JSON.parse(state!);
  return {
    metrics: timeless(run.lines('metrics')),
    samples: run.lines('samples'),
    model: files(join(run.output, 'model')),
    checkpoint: { others, saved, damage: await damage(checkpoint) },
    names: [readdirSync(run.output).sort(), readdirSync(join(run.output, 'checkpoints')).sort()],
  };
}

/** Run until write number `at` (from 1) into the run directory is due; all writes until then. */
async function dieAt(run: TinyRun, at: number, half: boolean): Promise<string[]> {
  const writes: string[] = [];
  unwatch = watchWrites((operation, path) => {
    if (!path.startsWith(run.output) || writes.push(operation) < at) return null;
    return {
      half: half && writes.length === at,
      stop: () => {
        throw new Error('dead');
      },
    };
  });
  await go(run, false).catch((error: Error) => expect(error.message).toBe('dead'));
  unwatch();
  return writes;
}

it('whatever write a run dies at, it goes on to the same end and leaves nothing else behind', async () => {
  const straight = await tinyRun(problems, settings);
  const writes = await dieAt(straight, Number.POSITIVE_INFINITY, false);
  const whole = await result(straight);
  rmSync(straight.folder, { recursive: true });
  expect(writes.length).toBeGreaterThan(80);
  let [tries, deaths] = [0, 0];
  for (const [i, operation] of writes.entries()) {
    if (i % stride > 0) continue;
    for (const half of operation.endsWith('File') ? [false, true] : [false]) {
      const broken = await tinyRun(problems, settings);
      if ((await dieAt(broken, i + 1, half)).length > i) deaths++;
      tries++;
      await go(broken, true);
      expect(await result(broken), `${half ? 'half of' : 'before'} ${operation}, write ${i + 1}`).toEqual(whole);
      rmSync(broken.folder, { recursive: true });
    }
  }
  // Lines that happen to be written together make a few writes fewer.
  expect(deaths).toBeGreaterThan(0.9 * tries);
}, 600_000);
