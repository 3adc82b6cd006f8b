/** What is saved is the model under its published names: it loads again, here and elsewhere, with equal logits. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { Policy } from '../../bindings/torch.js';
import { modelNames, toBatch, updateCase } from './support/fixtures.js';
import { loadModel, modelFiles, modelFixture, updateOptions } from './support/policies.js';
import { readTensors } from './support/safetensors.js';
import { temporaryFile } from './support/temporary.js';

function reload(policy: Policy, file: string): Promise<Policy> {
  return Policy.load({ config: policy.config, format: 'safetensors', files: [file], device: 'cpu', dtype: 'float32' });
}

test.each(modelNames)('%s loads again with the same logits', async (name) => {
  const file = temporaryFile('model.safetensors');
  const policy = await loadModel(name);
  await policy.saveWeights(file);
  const again = await reload(policy, file);
  const tokens = Int32Array.from(modelFixture(name).tokens);
  expect(await again.logits(tokens)).toEqual(await policy.logits(tokens));
  policy.dispose();
  again.dispose();
});

test.each(modelNames)('%s keeps the tensor names and shapes of the file it came from', async (name) => {
  const file = temporaryFile('model.safetensors');
  const policy = await loadModel(name);
  await policy.saveWeights(file);
  policy.dispose();
  const shapes = (files: string[]) =>
    Object.fromEntries(files.flatMap((path) => Array.from(readTensors(path), ([key, { shape }]) => [key, shape])));
  expect(shapes([file])).toEqual(shapes(modelFiles(name)));
});

test('after an update the new weights are saved', async () => {
  const file = temporaryFile('model.safetensors');
  const policy = await loadModel('qwen2');
  const tokens = Int32Array.from(modelFixture('qwen2').tokens);
  const before = await policy.logits(tokens);
  await policy.update(toBatch(updateCase('grpo').batch), updateOptions());
  await policy.saveWeights(file);
  const again = await reload(policy, file);
  const after = await again.logits(tokens);
  expect(after).toEqual(await policy.logits(tokens));
  expect(after).not.toEqual(before);
  policy.dispose();
  again.dispose();
});

test('a folder that does not exist is named', async () => {
  const file = join(dirname(temporaryFile('x')), 'no', 'such', 'folder', 'model.safetensors');
  const policy = await loadModel('qwen2');
  await expect(policy.saveWeights(file)).rejects.toThrow(file);
  expect(existsSync(file)).toBe(false);
  policy.dispose();
});
