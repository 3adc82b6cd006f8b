/** A step whose loss is not finite is not taken: weights and optimizer state stay, and the metrics say why. */
import { expect, test } from 'vitest';
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
