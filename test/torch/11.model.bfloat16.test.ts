/** In bfloat16 the arithmetic is coarser but the model is the same one. */
import { expect, test } from 'vitest';
import { decode, modelNames } from './support/fixtures.js';
import { rmsError } from './support/numbers.js';
import { loadModel, modelFixture } from './support/policies.js';

test.each(modelNames)('%s in bfloat16 stays near the float32 logits', async (name) => {
  const fixture = modelFixture(name);
  const policy = await loadModel(name, 'bfloat16');
  const error = rmsError(await policy.logits(Int32Array.from(fixture.tokens)), decode(fixture.logits));
  expect(error).toBeGreaterThan(1e-5); // else it did not compute in bfloat16
  expect(error).toBeLessThan(0.05); // transformers in bfloat16: 0.01 to 0.04 on these models
  policy.dispose();
});

test('the weights read back are the float32 ones of the file, not their bfloat16 shadow', async () => {
  const exact = await loadModel('qwen2');
  const coarse = await loadModel('qwen2', 'bfloat16');
  const name = 'model.layers.0.mlp.up_proj.weight';
  expect(await coarse.parameter(name)).toEqual(await exact.parameter(name));
  exact.dispose();
  coarse.dispose();
});
