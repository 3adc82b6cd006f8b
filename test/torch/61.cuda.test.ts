/** On CUDA the results are those of the CPU, which the other tests compare with PyTorch. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { raggedFromRows } from '../../bindings/ragged.js';
import {
  type DType,
  type GenerateRequest,
  type ModelConfig,
  Policy,
  setKernelsEnabled,
  torchInfo,
  type UpdateBatch,
  type UpdateOptions,
} from '../../bindings/torch.js';
import { Random } from '../difflib/generators.js';
import { modelNames, toBatch, updateCase } from './support/fixtures.js';
import { relativeError, rmsError } from './support/numbers.js';
import {
  gradientProbe,
  modelFiles,
  modelFixture,
  probedGradient,
  randomPolicy,
  smallConfig,
  updateOptions,
} from './support/policies.js';
import { randomRows, samplingRequest } from './support/random_rows.js';

const longConfig: ModelConfig = { ...smallConfig, maxPositions: 512 };
const probed = ['q', 'k', 'v', 'o'].map((name) => `model.layers.0.self_attn.${name}_proj.weight`);

/** Groups of unequal size, among the completions empty ones and some longer than a kernel's block. */
function raggedBatch(): UpdateBatch {
  const random = new Random(11);
  const completions = [0, 20, 1, 33, 7, 2, 30, 0, 0, 15];
  return {
    prompts: randomRows(random, [31, 1, 17, 5]),
    groupSizes: Int32Array.of(4, 3, 2, 1),
    completions: randomRows(random, completions),
    advantages: Float64Array.from(completions, (_, i) => (i % 3) - 1.1),
  };
}

async function trained(
  config: ModelConfig,
  device: string,
  dtype: DType,
  batch: UpdateBatch,
  overrides: Partial<UpdateOptions> = {},
) {
  const policy = await randomPolicy(config, dtype, device);
  const values = () => Promise.all(probed.map((name) => policy.parameter(name)));
  const logProbs = await policy.logProbs(batch, 1);
  const before = await values();
  await policy.update(batch, updateOptions({ ...gradientProbe, ...overrides }));
  const after = await values();
  policy.dispose();
  return { logProbs, gradients: before.map((weights, i) => probedGradient(weights, after[i]!)) };
}

/** Rollouts, and what the trainer takes for their log-probabilities. */
async function sampled(config: ModelConfig, dtype: DType, overrides: Partial<GenerateRequest>, device = 'cuda') {
  const policy = await randomPolicy(config, dtype, device);
  const { prompts, numGenerations, ...request } = samplingRequest(overrides);
  const rollouts = await policy.generate({ prompts, numGenerations, ...request });
  const groupSizes = new Int32Array(prompts.offsets.length - 1).fill(numGenerations);
  const recomputed = await policy.logProbs({ prompts, groupSizes, completions: rollouts.completions }, 1);
  policy.dispose();
  return { ...rollouts, recomputed };
}

const meanError = (actual: Float32Array, expected: Float32Array) =>
  actual.reduce((sum, value, i) => sum + Math.abs(value - expected[i]!), 0) / actual.length;

const noGpu = torchInfo().cudaDevices === 0;
const reason = noGpu ? ' (skipped: this LibTorch finds no CUDA device)' : '';

function loadOn(device: string, name: (typeof modelNames)[number], dtype: DType = 'float32'): Promise<Policy> {
  const { config } = modelFixture(name);
  return Policy.load({ config, format: 'safetensors', files: modelFiles(name), device, dtype });
}

/** What `act` gives on the CPU in float32 and on CUDA. */
async function both<T>(name: (typeof modelNames)[number], dtype: DType, act: (policy: Policy) => Promise<T>) {
  const run = async (device: string, type: DType) => {
    const policy = await loadOn(device, name, type);
    try {
      return await act(policy);
    } finally {
      policy.dispose();
    }
  };
  return { cpu: await run('cpu', 'float32'), cuda: await run('cuda', dtype) };
}

describe.skipIf(noGpu)(`CUDA${reason}`, () => {
  test.each(modelNames)('%s: logits', async (name) => {
    const tokens = Int32Array.from(modelFixture(name).tokens);
    const exact = await both(name, 'float32', (policy) => policy.logits(tokens));
    expect(relativeError(exact.cuda, exact.cpu)).toBeLessThan(1e-4);
    const coarse = await both(name, 'bfloat16', (policy) => policy.logits(tokens));
    expect(rmsError(coarse.cuda, coarse.cpu)).toBeLessThan(0.05);
  });

  test('greedy completions of ragged prompts', async () => {
    const { cpu, cuda } = await both('qwen2', 'float32', (policy) =>
      policy.generate({
        prompts: raggedFromRows([[1, 2, 3], [4], [5, 6, 7, 8, 9]]),
        numGenerations: 2,
        maxCompletionLength: 12,
        temperature: 0,
        seed: 1,
        eosTokenIds: [95],
      }),
    );
    expect(cuda.completions).toEqual(cpu.completions);
    expect(relativeError(cuda.logProbs.values, cpu.logProbs.values)).toBeLessThan(1e-3);
  });

  test.each(['grpo, KL', 'crossEntropy'])('%s: loss and gradient', async (name) => {
    const { batch, options } = updateCase(name);
    const weights = ['model.embed_tokens.weight', 'model.layers.1.mlp.down_proj.weight'];
    const { cpu, cuda } = await both('qwen2', 'float32', async (policy) => {
      const values = () => Promise.all(weights.map((key) => policy.parameter(key)));
      const before = await values();
      const { loss } = await policy.update(toBatch(batch), updateOptions({ ...options, ...gradientProbe }));
      const after = await values();
      return { loss, gradients: weights.map((_, i) => probedGradient(before[i]!, after[i]!)) };
    });
    expect(cuda.loss).toBeCloseTo(cpu.loss, 4);
    weights.forEach((key, i) => {
      expect(relativeError(cuda.gradients[i]!, cpu.gradients[i]!), key).toBeLessThan(1e-3);
    });
  });

  describe('attention of ragged groups', () => {
    // 80 and 96 are no powers of two, 256 is the widest that flash attention takes, 12 no multiple of 8, and 10 none of 4.
    const widths = [10, 12, 64, 80, 96, 128, 256].flatMap((headDim) =>
      (['float32', 'bfloat16'] as const).map((dtype) => ({ headDim, dtype })),
    );
    test.each(widths)('head width $headDim in $dtype: log-probabilities and gradients', async ({ headDim, dtype }) => {
      const config = { ...smallConfig, headDim, numHeads: 6, numKvHeads: 2 };
      const batch = raggedBatch();
      const cpu = await trained(config, 'cpu', 'float32', batch);
      const cuda = await trained(config, 'cuda', dtype, batch);
      const tolerance = dtype === 'float32' ? 1e-3 : 0.08;
      expect(rmsError(cuda.logProbs, cpu.logProbs)).toBeLessThan(tolerance);
      cuda.gradients.forEach((gradient, i) => {
        expect(rmsError(gradient, cpu.gradients[i]!), probed[i]).toBeLessThan(tolerance);
      });
    });

    test('is computed by kernels where there are some for the head width', () => {
      const { kernels } = torchInfo();
      expect(kernels).toContain('training attention on cuda:0 in Float with head width 64: memory-efficient');
      // Flash attention wants compute capability 8.0, as bfloat16 does.
      expect(kernels).toContain('training attention on cuda:0 in BFloat16 with head width 64: flash');
    });

    test('with gradient checkpointing', async () => {
      const run = (gradientCheckpointing: boolean) =>
        trained(smallConfig, 'cuda', 'float32', raggedBatch(), { gradientCheckpointing });
      const plain = await run(false);
      const checkpointed = await run(true);
      checkpointed.gradients.forEach((gradient, i) => {
        expect(rmsError(gradient, plain.gradients[i]!), probed[i]).toBeLessThan(1e-4);
      });
    });
  });

  describe('sampling', () => {
    test.each(['float32', 'bfloat16'] as const)('recorded steps in %s give what steps do', async (dtype) => {
      const config = { ...longConfig, headDim: 64 };
      const recorded = await sampled(config, dtype, {});
      expect(torchInfo().kernels).toContain('decoding steps: recorded and launched as a whole');
      setKernelsEnabled(false);
      const plain = await sampled(config, dtype, {}).finally(() => setKernelsEnabled(true));
      if (dtype === 'float32') expect(recorded.completions).toEqual(plain.completions);
      else expect(meanError(recorded.logProbs.values, recorded.recomputed)).toBeLessThan(0.03);
    });

    test('continuous batching: rows are those of the CPU, however much room there is', async () => {
      const cpu = await sampled(longConfig, 'float32', {}, 'cpu');
      for (const maxBatchedTokens of [1, 300, 900, 2000, 100_000]) {
        const cuda = await sampled(longConfig, 'float32', { maxBatchedTokens });
        expect(cuda.completions).toEqual(cpu.completions);
        expect(cuda.finished).toEqual(cpu.finished);
      }
    });

    test('after an update the new weights are sampled from', async () => {
      const policy = await randomPolicy(longConfig, 'bfloat16', 'cuda');
      await policy.generate(samplingRequest());
      await policy.update(raggedBatch(), updateOptions({ learningRate: 0.1 }));
      const { completions, logProbs } = await policy.generate(samplingRequest());
      const { prompts, numGenerations } = samplingRequest();
      const groupSizes = new Int32Array(prompts.offsets.length - 1).fill(numGenerations);
      const recomputed = await policy.logProbs({ prompts, groupSizes, completions }, 1);
      expect(meanError(logProbs.values, recomputed)).toBeLessThan(0.03);
      policy.dispose();
    });

    test('beside a save of the weights', async () => {
      const policy = await randomPolicy(longConfig, 'float32', 'cuda');
      const folder = mkdtempSync(join(tmpdir(), 'foothold-'));
      const expected = await policy.generate(samplingRequest());
      const saving = policy.save({ weights: join(folder, 'w.safetensors'), optimizer: join(folder, 'o.safetensors') });
      expect(await policy.generate(samplingRequest())).toEqual(expected);
      await saving;
      policy.dispose();
      rmSync(folder, { recursive: true });
    });
  });

  test('the device is named, and has memory of its own', async () => {
    const policy = await loadOn('cuda', 'llama');
    expect(policy.device).toBe('cuda:0');
    expect(policy.deviceMemory).toBeGreaterThan(2 ** 30);
    policy.dispose();
  });
});
