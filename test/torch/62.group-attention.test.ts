/**
 * Attention in launches over the whole packed batch, as a GPU computes it, gives what the CPU's kernels for float32 give. On
 * the CPU the launches are made of tensor operations, in bfloat16 also of PyTorch's flash attention; see
 * native/model/packed_attention.h.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { raggedFromRows } from '../../bindings/ragged.js';
import { type DType, type ModelConfig, setKernelsEnabled, type UpdateBatch } from '../../bindings/torch.js';
import { Random } from '../difflib/generators.js';
import { rmsError } from './support/numbers.js';
import { gradientProbe, probedGradient, randomPolicy, smallConfig, updateOptions } from './support/policies.js';

afterEach(() => setKernelsEnabled(true));

const repeats: Record<string, Partial<ModelConfig>> = {
  '1 query head to a key head': { numHeads: 3, numKvHeads: 3 },
  '2 query heads to a key head': { numHeads: 4, numKvHeads: 2 },
  '7 query heads to one key head': { numHeads: 7, numKvHeads: 1 },
};

/** Lengths of a prompt and of its completions. A completion's last token is no input, so 1 is an empty span. */
const groups: Record<string, { prompt: number; completions: number[] }[]> = {
  'one group': [{ prompt: 9, completions: [5, 17] }],
  'empty completions': [
    { prompt: 3, completions: [0, 8, 1, 6] },
    { prompt: 40, completions: [1, 1] },
    { prompt: 1, completions: [9, 0] },
  ],
  'groups without completions': [
    { prompt: 20, completions: [0] },
    { prompt: 5, completions: [12, 2, 20] },
    { prompt: 33, completions: [0, 0, 0] },
  ],
};

function batchOf(shape: (typeof groups)[string]): UpdateBatch {
  const random = new Random(7);
  const rows = (lengths: number[]) =>
    raggedFromRows(lengths.map((length) => Array.from({ length }, () => random.below(smallConfig.vocabSize))));
  const completions = shape.flatMap((group) => group.completions);
  return {
    prompts: rows(shape.map((group) => group.prompt)),
    groupSizes: Int32Array.from(shape, (group) => group.completions.length),
    completions: rows(completions),
    advantages: Float64Array.from(completions, (_, i) => (i % 3) - 1.1),
  };
}

/** Log-probabilities of a batch and the gradient of the weights that make queries, keys and values. */
async function attentionOf(config: ModelConfig, dtype: DType, batch: UpdateBatch) {
  const policy = await randomPolicy(config, dtype);
  const names = ['q', 'k', 'v'].map((name) => `model.layers.0.self_attn.${name}_proj.weight`);
  const values = () => Promise.all(names.map((name) => policy.parameter(name)));
  const logProbs = await policy.logProbs(batch, 1);
  const before = await values();
  await policy.update(batch, updateOptions(gradientProbe));
  const after = await values();
  policy.dispose();
  return { logProbs, gradients: before.map((weights, i) => probedGradient(weights, after[i]!)) };
}

const tolerance = { float32: 1e-5, bfloat16: 0.06 };

describe.each(['float32', 'bfloat16'] as const)('%s', (dtype) => {
  describe.each(Object.entries(repeats))('%s', (_, heads) => {
    test.each(Object.entries(groups))('%s', async (_, shape) => {
      const run = (type: DType, kernels: boolean) => {
        setKernelsEnabled(kernels);
        return attentionOf({ ...smallConfig, ...heads }, type, batchOf(shape));
      };
      const expected = await run('float32', true);
      for (const kernels of dtype === 'float32' ? [false] : [false, true]) {
        const packed = await run(dtype, kernels);
        expect(packed.gradients).not.toEqual(expected.gradients); // else both took the same path
        expect(rmsError(packed.logProbs, expected.logProbs)).toBeLessThan(tolerance[dtype]);
        packed.gradients.forEach((gradient, i) => {
          expect(rmsError(gradient, expected.gradients[i]!)).toBeLessThan(tolerance[dtype]);
        });
      }
    });
  });
});
