/** Three steps in a row with weight decay and clipping, against torch.optim.AdamW and clip_grad_norm_. */
import { expect, test } from 'vitest';
import type { UpdateOptions } from '../../bindings/torch.js';
import { type BatchFixture, decode, type EncodedTensor, readFixture, toBatch } from './support/fixtures.js';
import { difference } from './support/numbers.js';
import { loadModel, updateOptions } from './support/policies.js';

interface AdamwFixture {
  options: Partial<UpdateOptions>;
  batch: BatchFixture;
  steps: { loss: number; gradNorm: number; weights: Record<string, EncodedTensor> }[];
}
const fixture = readFixture<AdamwFixture>('train', 'adamw.json');

test.each([4096, 24])('with micro-batches of %i tokens', async (maxTokensPerMicroBatch) => {
  const policy = await loadModel('qwen2');
  for (const expected of fixture.steps) {
    const options = updateOptions({ ...fixture.options, maxTokensPerMicroBatch });
    const metrics = await policy.update(toBatch(fixture.batch), options);
    expect(metrics.loss).toBeCloseTo(expected.loss, 4);
    expect(metrics.gradNorm / expected.gradNorm).toBeCloseTo(1, 4);
    for (const [name, weights] of Object.entries(expected.weights)) {
      // Weights move by up to the learning rate, 0.01, a step.
      expect(difference(await policy.parameter(name), decode(weights)), name).toBeLessThan(1e-5);
    }
  }
  policy.dispose();
});

test('weight decay alone shrinks matrices and leaves norms and biases', async () => {
  const policy = await loadModel('qwen2');
  const batch = { ...toBatch(fixture.batch), advantages: new Float64Array(fixture.batch.advantages.length) };
  const names = ['model.layers.0.mlp.up_proj.weight', 'model.norm.weight', 'model.layers.0.self_attn.q_proj.bias'];
  const before = await Promise.all(names.map((name) => policy.parameter(name)));
  await policy.update(batch, updateOptions({ learningRate: 0.1, weightDecay: 0.5 }));
  const [matrix, norm, bias] = await Promise.all(names.map((name) => policy.parameter(name)));
  expect(
    difference(
      matrix!,
      before[0]!.map((weight) => weight * 0.95),
    ),
  ).toBeLessThan(1e-7);
  expect(norm).toEqual(before[1]);
  expect(bias).toEqual(before[2]);
  policy.dispose();
});
