/** The KL term pulls towards the reference, and only the reference. */
import { expect, test } from 'vitest';
import { toBatch, updateCase } from './support/fixtures.js';
import { loadModel, updateOptions } from './support/policies.js';

const { batch: fixture } = updateCase('grpo, KL');

test('against the policy itself it is 0 and has no gradient', async () => {
  const policy = await loadModel('qwen2');
  const batch = { ...toBatch(fixture), advantages: new Float64Array(9) };
  const metrics = await policy.update(
    { ...batch, refLogProbs: await policy.logProbs(batch, 1) },
    updateOptions({ beta: 1 }),
  );
  expect(Math.abs(metrics.kl)).toBeLessThan(1e-8);
  expect(metrics.gradNorm).toBeLessThan(1e-4);
  policy.dispose();
});

test('without advantages a step lowers it', async () => {
  const policy = await loadModel('qwen2');
  const batch = { ...toBatch(fixture), advantages: new Float64Array(9) };
  const options = updateOptions({ beta: 1, learningRate: 1e-4 });
  const first = await policy.update(batch, options);
  const second = await policy.update(batch, options);
  expect(first.kl).toBeGreaterThan(0.01);
  expect(second.kl).toBeLessThan(first.kl);
  policy.dispose();
});

test('beta without reference log-probabilities is refused', async () => {
  const policy = await loadModel('qwen2');
  const { refLogProbs: _, ...batch } = toBatch(fixture);
  await expect(policy.update(batch, updateOptions({ beta: 0.1 }))).rejects.toThrow(/refLogProbs/);
  policy.dispose();
});
