/** A run that is stopped and resumed takes bitwise the same next step. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { writeSafetensors } from '../../bindings/io.js';
import { type DType, Policy } from '../../bindings/torch.js';
import { toBatch, updateCase } from './support/fixtures.js';
import { loadModel, updateOptions } from './support/policies.js';
import { temporaryFile } from './support/temporary.js';

const batch = toBatch(updateCase('dapo').batch);
const options = updateOptions({ learningRate: 1e-2, weightDecay: 0.1, maxGradNorm: 1 });
const names = ['model.embed_tokens.weight', 'model.norm.weight', 'model.layers.1.mlp.down_proj.weight'];
const weightsOf = (policy: Policy) => Promise.all(names.map((name) => policy.parameter(name)));

/** Two steps, then a copy made from files. */
async function stopAndResume(dtype: DType) {
  const policy = await loadModel('qwen2', dtype);
  await policy.update(batch, options);
  await policy.update(batch, options);
  const [weights, optimizer] = [temporaryFile('weights.safetensors'), temporaryFile('optimizer.safetensors')];
  await policy.saveWeights(weights);
  await policy.saveOptimizer(optimizer);
  const resumed = await Policy.load({
    config: policy.config,
    format: 'safetensors',
    files: [weights],
    device: 'cpu',
    dtype,
  });
  return { policy, resumed, optimizer };
}

test.each(['float32', 'bfloat16'] as const)('%s: the next steps are the same bit for bit', async (dtype) => {
  const { policy, resumed, optimizer } = await stopAndResume(dtype);
  await resumed.loadOptimizer(optimizer);
  expect(await weightsOf(resumed)).toEqual(await weightsOf(policy));
  for (let i = 0; i < 2; i++) {
    expect(await resumed.update(batch, options)).toEqual(await policy.update(batch, options));
    expect(await weightsOf(resumed)).toEqual(await weightsOf(policy));
  }
  policy.dispose();
  resumed.dispose();
});

test('without the optimizer state the next step differs: the state is what made it equal', async () => {
  const { policy, resumed } = await stopAndResume('float32');
  await policy.update(batch, options);
  await resumed.update(batch, options);
  expect(await weightsOf(resumed)).not.toEqual(await weightsOf(policy));
  policy.dispose();
  resumed.dispose();
});

test('the state of no steps takes away what steps have left', async () => {
  const { policy, resumed } = await stopAndResume('float32');
  const none = temporaryFile('none.safetensors');
  await resumed.saveOptimizer(none);
  await policy.loadOptimizer(none);
  expect(await policy.update(batch, options)).toEqual(await resumed.update(batch, options));
  expect(await weightsOf(policy)).toEqual(await weightsOf(resumed));
  policy.dispose();
  resumed.dispose();
});

test('a state whose step count is damaged is refused by name', async () => {
  const policy = await loadModel('qwen2');
  const file = temporaryFile('optimizer.safetensors');
  for (const count of ['', 'three', '-1', '2x', '99999999999999999999']) {
    writeSafetensors(file, [], { adamw_steps: count });
    await expect(policy.loadOptimizer(file)).rejects.toThrow(`has the step count "${count}", expected a whole number`);
  }
  policy.dispose();
});

test('the state of another model is refused', async () => {
  const { policy, resumed, optimizer } = await stopAndResume('float32');
  const other = await loadModel('llama');
  await expect(other.loadOptimizer(optimizer)).rejects.toThrow(optimizer);
  for (const item of [policy, resumed, other]) item.dispose();
});

test('a cut file is refused and the state stays as it was', async () => {
  const { policy, resumed, optimizer } = await stopAndResume('float32');
  await resumed.loadOptimizer(optimizer);
  const cut = temporaryFile('cut.safetensors');
  const bytes = readFileSync(optimizer);
  writeFileSync(cut, bytes.subarray(0, bytes.length / 2));
  await expect(resumed.loadOptimizer(cut)).rejects.toThrow(cut);
  expect(await resumed.update(batch, options)).toEqual(await policy.update(batch, options));
  policy.dispose();
  resumed.dispose();
});
