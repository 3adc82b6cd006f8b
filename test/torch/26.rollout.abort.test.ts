/** An aborted call rejects with the signal's reason, and the policy goes on working. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { raggedFromRows } from '../../bindings/ragged.js';
import { Policy } from '../../bindings/torch.js';
import { smallConfig, updateOptions } from './support/policies.js';

let policy: Policy;
beforeAll(async () => {
  const config = { ...smallConfig, maxPositions: 4096 };
  policy = await Policy.random(config, { device: 'cpu', dtype: 'float32', seed: 1 });
});
afterAll(() => policy.dispose());

const long = {
  prompts: raggedFromRows([[1, 2, 3]]),
  numGenerations: 32,
  maxCompletionLength: 4000,
  temperature: 1,
  seed: 0,
  eosTokenIds: [],
};
const short = { ...long, numGenerations: 2, maxCompletionLength: 5 };

test('a signal aborted beforehand rejects at once with its reason', async () => {
  const reason = new Error('not today');
  await expect(policy.generate(long, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test('a signal aborted on the way ends the call early', async () => {
  const expected = await policy.generate(short);
  const controller = new AbortController();
  const reason = new Error('enough');
  const started = performance.now();
  const running = policy.generate(long, { signal: controller.signal, onProgress: () => controller.abort(reason) });
  await expect(running).rejects.toBe(reason);
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(await policy.generate(short)).toEqual(expected);
});

test('an aborted update leaves the weights as they were', async () => {
  const { completions } = await policy.generate({ ...long, numGenerations: 16, maxCompletionLength: 200 });
  const batch = {
    prompts: long.prompts,
    groupSizes: Int32Array.of(16),
    completions,
    advantages: Float64Array.from({ length: 16 }, (_, i) => i - 7.5),
  };
  const name = 'model.layers.0.mlp.up_proj.weight';
  const before = await policy.parameter(name);
  const controller = new AbortController();
  const options = updateOptions({ maxTokensPerMicroBatch: 210 });
  const running = policy.update(batch, options, { signal: controller.signal, onProgress: () => controller.abort() });
  await expect(running).rejects.toThrow(/abort/i);
  expect(await policy.parameter(name)).toEqual(before);

  // Nothing of the aborted call's gradient is left: the next step is that of a fresh policy.
  const fresh = await Policy.random(policy.config, { device: 'cpu', dtype: 'float32', seed: 1 });
  const metrics = await policy.update(batch, options);
  expect(metrics).toEqual(await fresh.update(batch, options));
  expect(await policy.parameter(name)).toEqual(await fresh.parameter(name));
  fresh.dispose();
});

test('calls on one policy run in the order in which they were made', async () => {
  const order: string[] = [];
  await Promise.all([
    policy.generate({ ...short, maxCompletionLength: 300 }).then(() => order.push('long')),
    policy.generate(short).then(() => order.push('short')),
    policy.logits(Int32Array.of(1)).then(() => order.push('logits')),
  ]);
  expect(order).toEqual(['long', 'short', 'logits']);
});
