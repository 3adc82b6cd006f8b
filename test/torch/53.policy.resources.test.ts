/** 10,000 calls of which half fail, in every way that a call can: memory stays flat and no handle is left. */
import { existsSync, readdirSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { raggedFromRows } from '../../bindings/ragged.js';
import { Policy, type UpdateBatch } from '../../bindings/torch.js';
import { smallConfig, updateOptions } from './support/policies.js';
import { temporaryFile } from './support/temporary.js';

const batch: UpdateBatch = {
  prompts: raggedFromRows([[1, 2]]),
  groupSizes: Int32Array.of(2),
  completions: raggedFromRows([[3, 4], [5]]),
  advantages: Float64Array.of(1, -1),
};
const request = {
  prompts: raggedFromRows([[1, 2]]),
  numGenerations: 2,
  maxCompletionLength: 2,
  temperature: 1,
  seed: 0,
  eosTokenIds: [30],
};

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The error that a call ends with; comparing 5,000 of them by `expect` would take most of the time. */
async function failureOf(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('a bad call was answered');
}

/** What this process holds open. */
async function held() {
  collectGarbage();
  await setTimeout(100); // finalizers run later
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    active: process
      .getActiveResourcesInfo()
      .filter((name) => name !== 'Immediate')
      .sort(),
  };
}

test.skipIf(!existsSync('/proc/self/task'))(
  'nothing is left of 10,000 calls (needs /proc)',
  async () => {
    const policy = await Policy.random(smallConfig, { device: 'cpu', dtype: 'float32', seed: 0 });
    const file = temporaryFile('weights.safetensors');
    const tooLarge = raggedFromRows([[1, 99]]);
    const aborted = AbortSignal.abort(new Error('aborted'));
    const good: (() => Promise<unknown>)[] = [
      () => policy.generate(request),
      () => policy.logProbs(batch, 1),
      () => policy.generate({ ...request, temperature: 0 }, { onProgress: () => {} }),
      () => policy.update(batch, updateOptions({ learningRate: 1e-6 })),
      () => policy.parameter('model.norm.weight'),
    ];
    const bad: (() => Promise<unknown>)[] = [
      () => policy.generate({ ...request, prompts: tooLarge }),
      () => policy.generate({ ...request, temperature: -1 }),
      () => policy.generate(undefined as never),
      () => policy.generate(request, { signal: aborted }),
      () => policy.logProbs({ ...batch, completions: tooLarge }, 1),
      () => policy.logProbs(batch, Number.NaN),
      () => policy.update({ ...batch, advantages: new Float64Array(1) }, updateOptions()),
      () => policy.update(batch, updateOptions({ lossType: 'ppo' as never })),
      () => policy.parameter('no.such.weight'),
      () => policy.loadOptimizer(`${file}.missing`),
      () => policy.saveWeights(`${file}/not/a/folder`),
      () =>
        Policy.load({
          config: smallConfig,
          format: 'safetensors',
          files: [`${file}.missing`],
          device: 'cpu',
          dtype: 'float32',
        }),
    ];
    const round = async (calls: number) => {
      for (let i = 0; i < calls; i += 2) {
        await good[(i / 2) % good.length]!();
        const call = bad[(i / 2) % bad.length]!;
        if (!((await failureOf(call)) instanceof Error)) throw new Error('no Error was thrown');
        if (i % 500 === 0) await setImmediate();
      }
    };
    await round(2000); // what is kept for later calls, such as memory pools, is there now
    const before = { ...(await held()), memory: process.memoryUsage().rss };
    await round(10_000);
    const { memory, ...handles } = before;
    expect(await held()).toEqual(handles);
    // A kilobyte lost by each bad call alone would be 5 MB. A build with AddressSanitizer (scripts/memcheck.mjs) says
    // nothing here: it keeps records of every thread there has been and of every stack that has allocated.
    if (!process.env.FOOTHOLD_ADDONS) expect(process.memoryUsage().rss - memory).toBeLessThan(40e6);
    policy.dispose();
  },
  300_000,
);
