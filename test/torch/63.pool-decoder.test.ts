/**
 * Sampling with pools of fixed shape, as on a GPU (native/rollout/pool_decoder.h): what places rows and prompts have, and how
 * many of them a step computes, changes nothing.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { raggedRow } from '../../bindings/ragged.js';
import { type Policy, type Rollouts, setKernelsEnabled } from '../../bindings/torch.js';
import { relativeError } from './support/numbers.js';
import { randomPolicy, smallConfig } from './support/policies.js';
import { samplingRequest } from './support/random_rows.js';

beforeEach(() => setKernelsEnabled(false));
afterEach(() => setKernelsEnabled(true));

const config = { ...smallConfig, maxPositions: 512 };

const rowsOf = ({ completions }: Rollouts) =>
  Array.from({ length: completions.offsets.length - 1 }, (_, i) => [...raggedRow(completions, i)]);

async function withPolicy<T>(
  act: (policy: Policy) => Promise<T>,
  dtype: 'float32' | 'bfloat16' = 'float32',
  vocabSize = config.vocabSize,
) {
  const policy = await randomPolicy({ ...config, vocabSize }, dtype);
  try {
    return await act(policy);
  } finally {
    policy.dispose();
  }
}

test('rows of many lengths are those of the kernels for the CPU', async () => {
  const pools = await withPolicy((policy) => policy.generate(samplingRequest()));
  setKernelsEnabled(true);
  const kernels = await withPolicy((policy) => policy.generate(samplingRequest()));
  expect(new Set(rowsOf(pools).map((row) => row.length)).size).toBeGreaterThan(10);
  expect(rowsOf(pools)).toEqual(rowsOf(kernels));
  expect(relativeError(pools.logProbs.values, kernels.logProbs.values)).toBeLessThan(1e-4);
});

// The sampler sums weights by blocks of 256 tokens: less than one, exactly two, three and a bit.
test.each([200, 512, 790])('draws from %i tokens are those of the sampler for the CPU', async (vocabSize) => {
  const draw = () =>
    withPolicy(
      (policy) => policy.generate(samplingRequest({ temperature: 0.7, maxCompletionLength: 60 })),
      'float32',
      vocabSize,
    );
  const blocks = await draw();
  setKernelsEnabled(true);
  const kernels = await draw();
  expect(Math.max(...blocks.completions.values)).toBeGreaterThan(vocabSize - 50);
  expect(rowsOf(blocks)).toEqual(rowsOf(kernels));
  expect(relativeError(blocks.logProbs.values, kernels.logProbs.values)).toBeLessThan(1e-4);
});

// One place for a prompt and one for a row; a group at a time; several; all but one.
test.each([1, 140, 300, 500, 900, 2000, 3500])('with room for %i tokens the rows are the same', async (room) => {
  await withPolicy(async (policy) => {
    const expected = await policy.generate(samplingRequest());
    const rollouts = await policy.generate(samplingRequest({ maxBatchedTokens: room }));
    expect(rowsOf(rollouts)).toEqual(rowsOf(expected));
    expect(rollouts.finished).toEqual(expected.finished);
  });
});

test.each([
  ['float32', 1e-5],
  ['bfloat16', 0.03],
] as const)('log-probabilities in %s are those of the trainer', async (dtype, tolerance) => {
  await withPolicy(async (policy) => {
    const { prompts, numGenerations } = samplingRequest();
    const groupSizes = new Int32Array(prompts.offsets.length - 1).fill(numGenerations);
    const { completions, logProbs } = await policy.generate(samplingRequest({ maxBatchedTokens: 900 }));
    const recomputed = await policy.logProbs({ prompts, groupSizes, completions }, 1);
    const errors = Array.from(recomputed, (value, i) => Math.abs(value - logProbs.values[i]!));
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(tolerance);
  }, dtype);
});
