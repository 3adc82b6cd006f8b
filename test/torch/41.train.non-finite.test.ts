/** A step whose loss is not finite is not taken: weights and optimizer state stay, and the metrics say why. */
import { expect, test } from 'vitest';
import { UserError } from '../../bindings/errors.js';
import { raggedFromRows } from '../../bindings/ragged.js';
import { toBatch, updateCase } from './support/fixtures.js';
import { loadModel, updateOptions } from './support/policies.js';

test.each([NaN, Infinity])('an advantage of %d is refused or skipped, and changes nothing', async (value) => {
  const [policy, untouched] = [await loadModel('qwen2'), await loadModel('qwen2')];
  const batch = toBatch(updateCase('grpo').batch);
  const spoiled = { ...batch, advantages: batch.advantages!.with(2, value) };
  const outcome = await policy.update(spoiled, updateOptions()).then(
    (metrics) => metrics.skipped,
    (error: Error) => error.message,
  );
  expect(outcome).toMatch(/nonFinite|advantages/);
  expect(await policy.update(batch, updateOptions())).toEqual(await untouched.update(batch, updateOptions()));
  policy.dispose();
  untouched.dispose();
});

test('a ratio that overflows skips the step', async () => {
  const [policy, untouched] = [await loadModel('qwen2'), await loadModel('qwen2')];
  const batch = toBatch(updateCase('grpo').batch);
  // exp(400) is beyond float32, and a negative advantage is not clipped from above.
  const spoiled = { ...batch, oldLogProbs: batch.oldLogProbs!.map((value) => value - 400) };
  const metrics = await policy.update(spoiled, updateOptions());
  expect(metrics.skipped).toBe('nonFinite');
  expect(await policy.update(batch, updateOptions())).toEqual(await untouched.update(batch, updateOptions()));
  policy.dispose();
  untouched.dispose();
});

test('weights that are beyond sampling are told of, with what to do', async () => {
  const policy = await loadModel('qwen2');
  const batch = toBatch(updateCase('grpo').batch);
  const { skipped } = await policy.update(batch, updateOptions({ learningRate: 1e30, maxGradNorm: 0 }));
  expect(skipped).toBe(null); // gradient and loss were still finite
  const request = {
    prompts: raggedFromRows([[1, 2]]),
    numGenerations: 1,
    maxCompletionLength: 2,
    seed: 0,
    eosTokenIds: [],
  };
  for (const temperature of [0, 1]) {
    const refused = policy.generate({ ...request, temperature });
    await expect(refused).rejects.toThrow(UserError);
    await expect(refused).rejects.toThrow(/logits are not finite: .* Lower the learning rate, .* still good\./);
  }
  policy.dispose();
});
