/** A policy that was let go says so; calls already made still finish. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { raggedFromRows } from '../../bindings/ragged.js';
import { Policy } from '../../bindings/torch.js';
import { toBatch, updateCase } from './support/fixtures.js';
import { loadModel, smallConfig, updateOptions } from './support/policies.js';

const request = {
  prompts: raggedFromRows([[1, 2]]),
  numGenerations: 2,
  maxCompletionLength: 8,
  temperature: 1,
  seed: 0,
  eosTokenIds: [95],
};

test('every call on a disposed policy rejects with a clear error', async () => {
  const policy = await loadModel('qwen2');
  const batch = toBatch(updateCase('grpo').batch);
  policy.dispose();
  policy.dispose(); // a second time is no error
  const calls = [
    () => policy.generate(request),
    () => policy.logProbs(batch, 1),
    () => policy.logits(Int32Array.of(1)),
    () => policy.update(batch, updateOptions()),
    () => policy.parameter('model.norm.weight'),
    () => policy.saveWeights('unused.safetensors'),
    () => policy.saveOptimizer('unused.safetensors'),
    () => policy.loadOptimizer('unused.safetensors'),
  ];
  for (const call of calls) await expect((async () => call())()).rejects.toThrow(/dispose/);
});

test('calls made before the policy is disposed finish', async () => {
  const policy = await loadModel('qwen2');
  const running = policy.generate({ ...request, numGenerations: 64 });
  policy.dispose();
  expect((await running).finished).toHaveLength(64);
});

test('a call keeps its policy alive, though nothing else does', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  let settled = false;
  const running = loadModel('qwen2')
    .then((policy) => {
      const rollouts = policy.generate({ ...request, numGenerations: 256, maxCompletionLength: 100 });
      policy.dispose(); // lets go of the native object
      return rollouts;
    })
    .finally(() => {
      settled = true;
    });
  running.catch(() => {}); // looked at below
  while (!settled) {
    collectGarbage();
    await setImmediate();
  }
  expect((await running).finished).toHaveLength(256);
});

test('two policies work side by side', async () => {
  const [first, second] = await Promise.all([loadModel('qwen2'), loadModel('qwen2')]);
  const alone = await first.generate(request);
  const both = await Promise.all([first.generate(request), second.generate(request)]);
  expect(both).toEqual([alone, alone]);
  first.dispose();
  second.dispose();
});

test.skipIf(!existsSync('/proc/self/task'))(
  'its threads end when it is disposed or could not be loaded, not when it is collected (needs /proc)',
  async () => {
    const threads = () => readdirSync('/proc/self/task').length;
    const gone = async (before: number) => {
      for (let wait = 0; wait < 100 && threads() > before; wait++) await setTimeout(20);
      expect(threads()).toBeLessThanOrEqual(before);
    };
    const kept = await loadModel('qwen2'); // LibTorch's own threads are there now
    await setTimeout(300); // and those of earlier tests have ended
    const before = threads();
    const where = { config: smallConfig, device: 'cpu', dtype: 'float32' } as const;
    const failed = Array.from({ length: 8 }, () =>
      Policy.load({ ...where, format: 'safetensors', files: ['missing.safetensors'] }).catch((error) => error),
    );
    for (const error of await Promise.all(failed)) expect(error.message).toMatch('missing.safetensors');
    await gone(before);
    const policies = await Promise.all(
      Array.from({ length: 8 }, (_, seed) => Policy.random(smallConfig, { ...where, seed })),
    );
    expect(threads()).toBeGreaterThanOrEqual(before + 16);
    for (const policy of policies) policy.dispose();
    await gone(before);
    kept.dispose();
  },
);

test('process.exit while it samples ends the process with the status given', () => {
  const script = fileURLToPath(new URL('support/exit-while-sampling.ts', import.meta.url));
  for (const delay of [150, 250, 350]) {
    const child = spawnSync(process.execPath, ['--import', 'tsx', script, `${delay}`], {
      encoding: 'utf8',
    });
    expect([child.status, child.signal, child.stderr]).toEqual([7, null, '']);
  }
});

test('threads of Node may be terminated while they sample', () => {
  const script = fileURLToPath(new URL('support/terminated-threads.ts', import.meta.url));
  const { status, signal, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script], { encoding: 'utf8' });
  expect([status, signal, stderr]).toEqual([0, null, '']);
}, 120_000);
