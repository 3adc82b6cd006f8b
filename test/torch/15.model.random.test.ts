/** Random weights: the usual initialisation, the same for the same seed. */
import { expect, test } from 'vitest';
import { Policy } from '../../bindings/torch.js';
import { smallConfig } from './support/policies.js';

const random = (seed: number) => Policy.random(smallConfig, { device: 'cpu', dtype: 'float32', seed });
const name = 'model.layers.1.mlp.gate_proj.weight';

test('a seed makes the same weights again, another seed others', async () => {
  const [first, second, other] = await Promise.all([random(7), random(7), random(8)]);
  expect(await second.parameter(name)).toEqual(await first.parameter(name));
  expect(await other.parameter(name)).not.toEqual(await first.parameter(name));
  for (const policy of [first, second, other]) policy.dispose();
});

test('matrices have mean 0 and standard deviation 0.02, norms are 1', async () => {
  const policy = await random(1);
  const embedding = await policy.parameter('model.embed_tokens.weight');
  const mean = embedding.reduce((sum, weight) => sum + weight, 0) / embedding.length;
  const std = Math.sqrt(embedding.reduce((sum, weight) => sum + (weight - mean) ** 2, 0) / embedding.length);
  expect(Math.abs(mean)).toBeLessThan((4 * 0.02) / Math.sqrt(embedding.length));
  expect(std).toBeGreaterThan(0.018);
  expect(std).toBeLessThan(0.022);
  expect(new Set(await policy.parameter('model.layers.0.self_attn.q_norm.weight'))).toEqual(new Set([1]));
  policy.dispose();
});

test('a parameter that does not exist is named in the error', async () => {
  const policy = await random(1);
  await expect(policy.parameter('model.layers.9.mlp.up_proj.weight')).rejects.toThrow(
    'model.layers.9.mlp.up_proj.weight',
  );
  policy.dispose();
});
