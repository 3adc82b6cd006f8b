/** On CUDA the results are those of the CPU, which the other tests compare with PyTorch. */
import { describe, expect, test } from 'vitest';
import { raggedFromRows } from '../../bindings/ragged.js';
import { type DType, Policy, torchInfo } from '../../bindings/torch.js';
import { modelNames, toBatch, updateCase } from './support/fixtures.js';
import { relativeError, rmsError } from './support/numbers.js';
import { gradientProbe, modelFiles, modelFixture, probedGradient, updateOptions } from './support/policies.js';

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

  test('the device is named, and has memory of its own', async () => {
    const policy = await loadOn('cuda', 'llama');
    expect(policy.device).toBe('cuda:0');
    expect(policy.deviceMemory).toBeGreaterThan(2 ** 30);
    policy.dispose();
  });
});
