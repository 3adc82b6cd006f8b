/** Kernels, flash attention and the CPU's decoder compute what plain tensor operations do. */
import { afterEach, describe, expect, test } from 'vitest';
import {
  type ModelConfig,
  type Policy,
  type Registers,
  setKernelsEnabled,
  type UpdateBatch,
} from '../../bindings/torch.js';
import { Random } from '../difflib/generators.js';
import { relativeError } from './support/numbers.js';
import { gradientProbe, probedGradient, randomPolicy, smallConfig, updateOptions } from './support/policies.js';
import { randomRows } from './support/random_rows.js';

afterEach(() => setKernelsEnabled(true));

/** Odd sizes, so that no kernel sees whole vectors or tiles only. */
const base: ModelConfig = { ...smallConfig, maxPositions: 512 };
const configs: Record<string, ModelConfig> = {
  'qwen3, 2 queries to a key head': base,
  'qwen2, 3 queries to a key head': {
    ...base,
    ...{ family: 'qwen2', hiddenSize: 36, intermediateSize: 50, numHeads: 6, numKvHeads: 2, headDim: 6, qkvBias: true },
  },
  'llama, 5 queries to one key head': { ...base, family: 'llama', numHeads: 5, numKvHeads: 1, headDim: 10 },
  'llama, wide heads': {
    ...base,
    ...{ family: 'llama', hiddenSize: 100, intermediateSize: 77, numHeads: 4, numKvHeads: 2, headDim: 42 },
    ...{ outputBias: true, mlpBias: true },
  },
};

/** The same weights with the kernels and without. */
async function both<T>(
  config: ModelConfig,
  act: (policy: Policy) => Promise<T>,
  registers: Registers = 'wide',
): Promise<{ fast: T; plain: T }> {
  const run = async (kernels: boolean) => {
    setKernelsEnabled(kernels, { registers });
    const policy = await randomPolicy(config);
    const result = await act(policy);
    policy.dispose();
    return result;
  };
  return { fast: await run(true), plain: await run(false) };
}

/** Groups of 1 to 5 completions of 0 to `longest` tokens after prompts of 1 to twice as many. */
function randomBatch(seed: number, groups = 4, longest = 20): UpdateBatch {
  const random = new Random(seed);
  const groupSizes = Int32Array.from({ length: groups }, () => 1 + random.below(5));
  const rows = groupSizes.reduce((sum, size) => sum + size, 0);
  return {
    prompts: randomRows(
      random,
      Array.from(groupSizes, () => 1 + random.below(2 * longest)),
    ),
    groupSizes,
    completions: randomRows(random, [7, ...Array.from({ length: rows - 1 }, () => random.below(longest + 1))]),
    advantages: Float64Array.from({ length: rows }, (_, i) => (i % 3) - 1.1),
  };
}

/** Names of all weights, as Hugging Face has them. */
function parameterNames({ numLayers, family, qkvBias }: ModelConfig): string[] {
  const layer = [
    ...['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) => `self_attn.${name}.weight`),
    ...(qkvBias ? ['q_proj', 'k_proj', 'v_proj'].map((name) => `self_attn.${name}.bias`) : []),
    ...(family === 'qwen3' ? ['self_attn.q_norm.weight', 'self_attn.k_norm.weight'] : []),
    ...['gate_proj', 'up_proj', 'down_proj'].map((name) => `mlp.${name}.weight`),
    ...['input_layernorm.weight', 'post_attention_layernorm.weight'],
  ];
  const layers = Array.from({ length: numLayers }, (_, i) => layer.map((name) => `model.layers.${i}.${name}`));
  return ['model.embed_tokens.weight', ...layers.flat(), 'model.norm.weight'];
}

describe.each(Object.entries(configs))('%s', (_, config) => {
  test.each([
    ['of short rows', 'wide', randomBatch(1)],
    ['of short rows', 'many', randomBatch(2)],
    ['of short rows', 'few', randomBatch(3)],
    ['of long rows', 'wide', randomBatch(4, 2, 170)],
    ['of long rows', 'many', randomBatch(4, 2, 170)],
    ['of one group', 'few', randomBatch(5, 1, 60)],
  ] as const)('gradients of all weights, random ragged groups %s, registers: %s', async (_, registers, batch) => {
    const names = parameterNames(config);
    const gradients = async (policy: Policy) => {
      const values = () => Promise.all(names.map((name) => policy.parameter(name)));
      const before = await values();
      const metrics = await policy.update(batch, updateOptions(gradientProbe));
      const after = await values();
      return { metrics, gradients: names.map((_, i) => probedGradient(before[i]!, after[i]!)) };
    };
    const { fast, plain } = await both(config, gradients, registers);
    expect(fast.gradients).not.toEqual(plain.gradients); // else both took the same path
    expect(fast.metrics.gradNorm).toBeGreaterThan(0);
    expect(Math.abs(fast.metrics.entropy / plain.metrics.entropy - 1)).toBeLessThan(1e-5);
    for (const [i, name] of names.entries()) {
      expect(relativeError(fast.gradients[i]!, plain.gradients[i]!), name).toBeLessThan(5e-5);
    }
  });

  test.each(['few', 'many', 'wide'] as const)(
    'greedy completions and log-probabilities, registers: %s',
    async (registers) => {
      const sample = (policy: Policy) =>
        policy.generate({
          prompts: randomRows(new Random(5), [3, 17, 90, 1]),
          numGenerations: 9, // more rows than a task or a tile takes
          maxCompletionLength: 20,
          temperature: 0,
          seed: 1,
          eosTokenIds: [3],
        });
      const { fast, plain } = await both(config, sample, registers);
      expect(fast.completions).toEqual(plain.completions);
      expect(relativeError(fast.logProbs.values, plain.logProbs.values)).toBeLessThan(1e-4);
    },
  );
});
