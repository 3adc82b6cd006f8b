/** Every family computes what transformers computes: file formats, biases, head norms, rotary scalings, tied output. */
import { expect, test } from 'vitest';
import { Policy } from '../../bindings/torch.js';
import { decode, modelNames } from './support/fixtures.js';
import { relativeError } from './support/numbers.js';
import { loadModel, modelFiles, modelFixture } from './support/policies.js';

test.each(modelNames)('%s gives the logits of transformers', async (name) => {
  const fixture = modelFixture(name);
  const policy = await loadModel(name);
  const logits = await policy.logits(Int32Array.from(fixture.tokens));
  expect(relativeError(logits, decode(fixture.logits))).toBeLessThan(1e-5);
  policy.dispose();
});

test.each(modelNames)('%s has the number of parameters it should', async (name) => {
  const policy = await loadModel(name);
  expect(policy.parameterCount).toBe(modelFixture(name).parameterCount);
  expect(policy.config).toEqual(modelFixture(name).config);
  policy.dispose();
});

test('the order of the shards does not matter', async () => {
  const fixture = modelFixture('qwen2-sharded');
  const policy = await Policy.load({
    config: fixture.config,
    format: 'safetensors',
    files: modelFiles('qwen2-sharded').reverse(),
    device: 'cpu',
    dtype: 'float32',
  });
  const logits = await policy.logits(Int32Array.from(fixture.tokens));
  expect(relativeError(logits, decode(fixture.logits))).toBeLessThan(1e-5);
  policy.dispose();
});

test('a prefix of a row has the same logits: no token sees what comes after it', async () => {
  const fixture = modelFixture('llama');
  const policy = await loadModel('llama');
  const prefix = await policy.logits(Int32Array.from(fixture.tokens.slice(0, 7)));
  const expected = decode(fixture.logits).subarray(0, 7 * fixture.config.vocabSize);
  expect(relativeError(prefix, expected)).toBeLessThan(1e-5);
  policy.dispose();
});
