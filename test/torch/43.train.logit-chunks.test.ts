/** With a large vocabulary the logits of a micro-batch are made in several chunks, which cut through rows. */
import { expect, test } from 'vitest';
import { raggedFromRows } from '../../bindings/ragged.js';
import type { LossType, UpdateBatch } from '../../bindings/torch.js';
import { relativeError } from './support/numbers.js';
import { gradientProbe, probedGradient, randomPolicy, smallConfig, updateOptions } from './support/policies.js';

const config = { ...smallConfig, vocabSize: 70_000, hiddenSize: 8, maxPositions: 128 };
const lengths = [37, 1, 50, 29, 64];
const row = (length: number, seed: number) =>
  Array.from({ length }, (_, t) => ((t + 1) * 104_729 * (seed + 1)) % config.vocabSize);
const batch: UpdateBatch = {
  prompts: raggedFromRows([row(5, 20), row(3, 21)]),
  groupSizes: Int32Array.of(3, 2),
  completions: raggedFromRows(lengths.map(row)),
  advantages: Float64Array.of(1, -1, 0.5, -0.25, 0.75),
};

const tokens = lengths.reduce((sum, length) => sum + length, 0);
const names = ['model.embed_tokens.weight', 'model.layers.0.mlp.down_proj.weight'];

async function gradients(lossType: LossType, maxTokensPerMicroBatch: number, withOld: boolean) {
  const policy = await randomPolicy(config);
  const before = await Promise.all(names.map((name) => policy.parameter(name)));
  const old = await policy.logProbs(batch, 1);
  const oldLogProbs = old.map((value, i) => value + 0.3 * Math.sin(i));
  const options = updateOptions({ ...gradientProbe, lossType, maxTokensPerMicroBatch });
  const metrics = await policy.update(withOld ? { ...batch, oldLogProbs } : batch, options);
  const after = await Promise.all(names.map((name) => policy.parameter(name)));
  policy.dispose();
  return { metrics, gradients: names.map((_, i) => probedGradient(before[i]!, after[i]!)) };
}

// One row at a time, at most 64 tokens, always fits one chunk; all 181 together never do.
test.each<LossType>(['grpo', 'gspo', 'crossEntropy'])('%s: in chunks as row by row', async (lossType) => {
  const rowByRow = await gradients(lossType, 1, lossType !== 'crossEntropy');
  const together = await gradients(lossType, 4096, lossType !== 'crossEntropy');
  expect(rowByRow.metrics.numMicroBatches).toBe(lengths.length);
  expect(together.metrics.numMicroBatches).toBe(1);
  expect(together.metrics.numTokens).toBe(tokens);
  expect(together.metrics.loss).toBeCloseTo(rowByRow.metrics.loss, 5);
  expect(together.metrics.entropy).toBeCloseTo(rowByRow.metrics.entropy, 4);
  for (const [i, name] of names.entries()) {
    expect(relativeError(together.gradients[i]!, rowByRow.gradients[i]!), name).toBeLessThan(1e-4);
  }
});
