/** In bfloat16 a step of 5e-7 is lost in the weight itself; the float32 master weights keep it. */
import { expect, test } from 'vitest';
import { toBatch, updateCase } from './support/fixtures.js';
import { difference } from './support/numbers.js';
import { loadModel, modelFixture, updateOptions } from './support/policies.js';

const batch = toBatch(updateCase('grpo, on-policy').batch);
const name = 'model.layers.0.mlp.down_proj.weight';

test('fifty steps at a learning rate of 5e-7 add up', async () => {
  const policy = await loadModel('qwen2', 'bfloat16');
  const before = await policy.parameter(name);
  for (let i = 0; i < 50; i++) await policy.update(batch, updateOptions({ learningRate: 5e-7 }));
  const moved = difference(await policy.parameter(name), before);
  expect(moved).toBeGreaterThan(1.5e-5); // 50 steps of 5e-7 in one direction are 2.5e-5
  expect(moved).toBeLessThan(2.6e-5);
  policy.dispose();
});

test('the bfloat16 model computes with the new weights', async () => {
  const policy = await loadModel('qwen2', 'bfloat16');
  const tokens = Int32Array.from(modelFixture('qwen2').tokens);
  const before = await policy.logits(tokens);
  await policy.update(batch, updateOptions({ learningRate: 1e-2 }));
  expect(difference(await policy.logits(tokens), before)).toBeGreaterThan(0.01);
  policy.dispose();
});

test('a bfloat16 step goes where the float32 step goes', async () => {
  const [exact, coarse] = [await loadModel('qwen2'), await loadModel('qwen2', 'bfloat16')];
  const options = updateOptions({ lossType: 'crossEntropy', learningRate: 1e-3 });
  const expected = await exact.update(batch, options);
  const metrics = await coarse.update(batch, options);
  expect(metrics.loss / expected.loss).toBeCloseTo(1, 1);
  expect(metrics.gradNorm / expected.gradNorm).toBeCloseTo(1, 1);
  exact.dispose();
  coarse.dispose();
});
