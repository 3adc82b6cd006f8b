/** A masked row is as if it were not there: in numerator and denominator, in metrics, in the gradient. */
import { expect, test } from 'vitest';
import type { UpdateBatch, UpdateOptions } from '../../bindings/torch.js';
import { selectRows } from './support/batches.js';
import { toBatch, updateCase } from './support/fixtures.js';
import { difference, relativeError } from './support/numbers.js';
import { gradientProbe, loadModel, probedGradient, updateOptions } from './support/policies.js';

const name = 'model.layers.0.mlp.gate_proj.weight';

async function step(batch: UpdateBatch, options: Partial<UpdateOptions>) {
  const policy = await loadModel('qwen2');
  const before = await policy.parameter(name);
  const metrics = await policy.update(batch, updateOptions({ ...gradientProbe, ...options }));
  const after = await policy.parameter(name);
  policy.dispose();
  return { metrics, gradient: probedGradient(before, after), moved: difference(before, after) > 0 };
}

const item = updateCase('grpo, KL');
const masks: [string, number[]][] = [
  ['rows of two groups', [1, 0, 1, 1, 1, 0, 1, 0, 1]],
  ['a whole group', [1, 1, 1, 0, 0, 1, 1, 1, 1]],
  ['all rows but one', [0, 0, 0, 0, 1, 0, 0, 0, 0]],
];

for (const lossType of ['grpo', 'dapo', 'drGrpo', 'gspo', 'crossEntropy'] as const) {
  test.each(masks)(`${lossType}: masking %s equals leaving them out`, async (_, mask) => {
    const batch = toBatch({ ...item.batch, mask });
    const kept = mask.flatMap((value, row) => (value ? [row] : []));
    const options = { ...item.options, lossType, maxCompletionLength: 7 };
    const masked = await step(batch, options);
    const without = await step(selectRows(batch, kept), options);
    expect(masked.metrics.numTokens).toBe(without.metrics.numTokens);
    expect(masked.metrics.loss).toBeCloseTo(without.metrics.loss, 5);
    expect(masked.metrics.entropy).toBeCloseTo(without.metrics.entropy, 5);
    expect(masked.metrics.kl).toBeCloseTo(without.metrics.kl, 5);
    expect(masked.metrics.gradNorm / without.metrics.gradNorm).toBeCloseTo(1, 5);
    expect(relativeError(masked.gradient, without.gradient)).toBeLessThan(1e-5);
  });
}

test('with every row masked no step is taken, and the reason is given', async () => {
  const { metrics, moved } = await step(toBatch({ ...item.batch, mask: item.batch.mask.map(() => 0) }), item.options);
  expect(metrics.skipped).toBe('masked');
  expect(metrics.numTokens).toBe(0);
  for (const value of Object.values(metrics)) if (typeof value === 'number') expect(value).not.toBeNaN();
  expect(moved).toBe(false);
});

test('the reference outside the mask does not count', async () => {
  const batch = toBatch(item.batch);
  const spoiled = toBatch(item.batch);
  const masked = item.batch.mask.indexOf(0);
  spoiled.refLogProbs!.fill(-50, batch.completions.offsets[masked], batch.completions.offsets[masked + 1]);
  expect((await step(spoiled, item.options)).metrics).toEqual((await step(batch, item.options)).metrics);
});
