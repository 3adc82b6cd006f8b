/** The gradient does not depend on how a step is cut into micro-batches, nor on gradient checkpointing. */
import { expect, test } from 'vitest';
import { raggedFromRows } from '../../bindings/ragged.js';
import type { UpdateMetrics, UpdateOptions } from '../../bindings/torch.js';
import { toBatch, updateCase } from './support/fixtures.js';
import { relativeError } from './support/numbers.js';
import { gradientProbe, loadModel, probedGradient, updateOptions } from './support/policies.js';

const names = [
  'model.embed_tokens.weight',
  'model.layers.0.self_attn.v_proj.weight',
  'model.layers.1.mlp.down_proj.weight',
];

interface Step {
  metrics: UpdateMetrics;
  gradients: Float32Array[];
}

async function step(name: string, overrides: Partial<UpdateOptions>): Promise<Step> {
  const { batch, options } = updateCase(name);
  const policy = await loadModel('qwen2');
  const before = await Promise.all(names.map((key) => policy.parameter(key)));
  const metrics = await policy.update(toBatch(batch), updateOptions({ ...options, ...gradientProbe, ...overrides }));
  const after = await Promise.all(names.map((key) => policy.parameter(key)));
  policy.dispose();
  return { metrics, gradients: names.map((_, i) => probedGradient(before[i]!, after[i]!)) };
}

function expectSame(actual: Step, expected: Step): void {
  const { numMicroBatches: _, ...metrics } = expected.metrics;
  for (const [key, value] of Object.entries(metrics)) {
    const found = actual.metrics[key as keyof UpdateMetrics];
    if (typeof value === 'number') expect(found, key).toBeCloseTo(value, 5);
    else expect(found, key).toBe(value);
  }
  for (const [i, name] of names.entries()) {
    expect(relativeError(actual.gradients[i]!, expected.gradients[i]!), name).toBeLessThan(1e-5);
  }
}

// The largest row is a prompt of 9 with a completion of 6; the largest group 5 + 19 tokens.
const cuts: [number, number][] = [
  [15, 4],
  [24, 3],
  [40, 2],
];

for (const name of ['grpo, KL', 'dapo, KL', 'drGrpo, KL', 'gspo, KL', 'crossEntropy']) {
  test.each(cuts)(`${name}: at most %i tokens at a time`, async (maxTokensPerMicroBatch, atLeast) => {
    const whole = await step(name, {});
    const cut = await step(name, { maxTokensPerMicroBatch });
    expect(whole.metrics.numMicroBatches).toBe(1);
    expect(cut.metrics.numMicroBatches).toBeGreaterThanOrEqual(atLeast);
    expectSame(cut, whole);
  });
}

test.each([4096, 24])('gradient checkpointing changes nothing at %i tokens', async (maxTokensPerMicroBatch) => {
  const plain = await step('grpo, KL', { maxTokensPerMicroBatch });
  const checkpointed = await step('grpo, KL', { maxTokensPerMicroBatch, gradientCheckpointing: true });
  expectSame(checkpointed, plain);
});

test('a group stays whole when a part has room for it, so that its prompt is computed once', async () => {
  const policy = await loadModel('qwen2');
  const row = (length: number) => Array.from({ length }, (_, i) => (i * 7) % 20);
  const update = (maxTokensPerMicroBatch: number) =>
    policy.update(
      {
        prompts: raggedFromRows([row(10), row(10), row(10)]),
        groupSizes: Int32Array.of(2, 2, 2),
        completions: raggedFromRows([3, 3, 5, 5, 2, 2].map(row)),
        advantages: Float64Array.of(1, -1, 1, -1, 1, -1),
      },
      updateOptions({ maxTokensPerMicroBatch }),
    );
  // Groups of 16, 20 and 14 tokens. Filled row by row, parts of 31 would cut the second group in two.
  expect((await update(31)).numMicroBatches).toBe(3);
  expect((await update(34)).numMicroBatches).toBe(2);
  expect((await update(36)).numMicroBatches).toBe(2);
  expect((await update(50)).numMicroBatches).toBe(1);
  expect((await update(15)).numMicroBatches).toBe(5);
  policy.dispose();
});
