/** In bfloat16 a step of 5e-7 is lost in the weight itself; the float32 master weights keep it. */
import { expect, test } from 'vitest';
import { decode, toBatch, updateCase } from './support/fixtures.js';
import { cosine, difference } from './support/numbers.js';
import { gradientProbe, loadModel, modelFixture, probedGradient, updateOptions } from './support/policies.js';

const batch = toBatch(updateCase('grpo, on-policy').batch);
const name = 'model.layers.0.mlp.down_proj.weight';

test('fifty steps at a learning rate of 5e-7 add up', async () => {
  const policy = await loadModel('qwen2', 'bfloat16');
  const before = await policy.parameter(name);
  for (let i = 0; i < 50; i++) await policy.update(batch, updateOptions({ learningRate: 5e-7 }));
  const moved = difference(await policy.parameter(name), before);
  expect(moved).toBeGreaterThan(1.5e-5); // 50 steps of 5e-7 in one direction are 2.5e-5
  expect(moved).toBeLessThan(3e-5); // each step is rounded to the float32 grid, 6e-8 near 1
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

test('the bfloat16 gradient points where the float32 gradient points', async () => {
  // Cross-entropy, since no clip can flip there: logits in bfloat16 differ by some percent on this model.
  const { batch: whole, options, metrics: expected, gradients } = updateCase('crossEntropy');
  const policy = await loadModel('qwen2', 'bfloat16');
  const names = Object.keys(gradients);
  const before = await Promise.all(names.map((key) => policy.parameter(key)));
  const metrics = await policy.update(toBatch(whole), updateOptions({ ...options, ...gradientProbe }));
  expect(metrics.loss / expected.loss).toBeCloseTo(1, 1);
  expect(metrics.gradNorm / expected.gradNorm).toBeCloseTo(1, 1);
  for (const [i, key] of names.entries()) {
    const gradient = probedGradient(before[i]!, await policy.parameter(key));
    expect(cosine(gradient, decode(gradients[key]!)), key).toBeGreaterThan(0.97);
  }
  policy.dispose();
});
