/** On-policy the loss says nothing, but the gradient does: a step makes good completions likelier and bad ones rarer. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { raggedFromRows } from '../../bindings/ragged.js';
import type { LossType, Policy, UpdateBatch } from '../../bindings/torch.js';
import { loadModel, updateOptions } from './support/policies.js';

let policy: Policy;
beforeEach(async () => {
  policy = await loadModel('qwen3');
});
afterEach(() => policy.dispose());

const batch: UpdateBatch = {
  prompts: raggedFromRows([[4, 8, 15]]),
  groupSizes: Int32Array.of(4),
  completions: raggedFromRows([
    [16, 23, 42],
    [50, 51, 52],
    [60, 61, 62],
    [70, 71, 72],
  ]),
  advantages: Float64Array.of(1, -1, 1, -1),
};

async function rowLogProbs(): Promise<number[]> {
  const values = await policy.logProbs(batch, 1);
  return [0, 3, 6, 9].map((begin) => values.subarray(begin, begin + 3).reduce((sum, value) => sum + value, 0));
}

const policyLosses: LossType[] = ['grpo', 'dapo', 'drGrpo', 'gspo'];

test.each(policyLosses)('%s: loss 0, gradient not, and the step goes the way of the advantage', async (lossType) => {
  const before = await rowLogProbs();
  const metrics = await policy.update(batch, updateOptions({ lossType, learningRate: 1e-3 }));
  expect(Math.abs(metrics.loss)).toBeLessThan(1e-6);
  expect(metrics.gradNorm).toBeGreaterThan(1e-3);
  expect(metrics.clipRatioLow + metrics.clipRatioHigh).toBe(0);
  const after = await rowLogProbs();
  [1, -1, 1, -1].forEach((advantage, i) => {
    expect(Math.sign(after[i]! - before[i]!)).toBe(advantage);
  });
});

test('old log-probabilities of the policy itself are the same as none', async () => {
  const oldLogProbs = await policy.logProbs(batch, 1);
  const other = await loadModel('qwen3');
  const implicit = await policy.update(batch, updateOptions());
  const explicit = await other.update({ ...batch, oldLogProbs }, updateOptions());
  expect(explicit.gradNorm / implicit.gradNorm).toBeCloseTo(1, 5);
  other.dispose();
});

test('where every advantage is 0 the weights stay', async () => {
  const name = 'model.layers.0.mlp.up_proj.weight';
  const before = await policy.parameter(name);
  const metrics = await policy.update({ ...batch, advantages: new Float64Array(4) }, updateOptions());
  expect(metrics.gradNorm).toBe(0);
  expect(await policy.parameter(name)).toEqual(before);
});

test('cross-entropy learns the completions and nothing of the prompt', async () => {
  const before = await rowLogProbs();
  let loss = Infinity;
  for (let i = 0; i < 30; i++) {
    const metrics = await policy.update(batch, updateOptions({ lossType: 'crossEntropy', learningRate: 1e-2 }));
    if (i === 0) {
      const tokens = batch.completions.values.length;
      expect(metrics.loss).toBeCloseTo(-before.reduce((sum, value) => sum + value, 0) / tokens, 4);
    }
    loss = metrics.loss;
  }
  // Four completions after one prompt: ln 4 nats for the first of three tokens, nothing for the others.
  expect(loss).toBeLessThan(Math.log(4) / 3 + 0.1);
});
