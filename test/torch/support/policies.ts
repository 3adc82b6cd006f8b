/** Policies the tests work on, and update options in which only what matters is said. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DType, type ModelConfig, Policy, type UpdateOptions } from '../../../bindings/torch.js';
import { fixturePath, type ModelFixture, type ModelName, readFixture } from './fixtures.js';
import { readTensors, writeTensors } from './safetensors.js';

export function modelFixture(name: ModelName): ModelFixture {
  return readFixture('model', name, 'expected.json');
}

export function modelFiles(name: ModelName): string[] {
  return modelFixture(name).files.map((file) => fixturePath('model', name, file));
}

/** A fixture's model on the CPU. */
export function loadModel(name: ModelName, dtype: DType = 'float32'): Promise<Policy> {
  const { config } = modelFixture(name);
  return Policy.load({ config, format: 'safetensors', files: modelFiles(name), device: 'cpu', dtype });
}

/** A small shape for policies with random weights; 31 tokens of vocabulary. */
export const smallConfig: ModelConfig = {
  family: 'qwen3',
  vocabSize: 31,
  hiddenSize: 16,
  intermediateSize: 24,
  numLayers: 2,
  numHeads: 4,
  numKvHeads: 2,
  headDim: 8,
  maxPositions: 64,
  rmsNormEps: 1e-6,
  ropeTheta: 10000,
  ropeScaling: null,
  tieWordEmbeddings: true,
  qkvBias: false,
  outputBias: false,
  mlpBias: false,
};

/**
 * A policy with random weights large enough that attention attends and logits differ (the usual initialisation is nearly
 * uniform): drawn by `Policy.random`, then matrices scaled so that a product keeps the size of its input.
 */
export async function randomPolicy(config: ModelConfig, dtype: DType = 'float32', device = 'cpu'): Promise<Policy> {
  const folder = mkdtempSync(join(tmpdir(), 'foothold-'));
  try {
    const file = join(folder, 'model.safetensors');
    const source = await Policy.random(config, { device: 'cpu', dtype: 'float32', seed: 1 });
    await source.saveWeights(file);
    source.dispose();
    const tensors = readTensors(file);
    for (const { shape, data } of tensors.values()) if (shape.length === 2) scale(data, 50 / Math.sqrt(shape[1]!));
    writeTensors(file, tensors);
    return await Policy.load({ config, format: 'safetensors', files: [file], device, dtype });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function scale(data: Uint8Array, factor: number): void {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (let i = 0; i < data.length; i += 4) view.setFloat32(i, view.getFloat32(i, true) * factor, true);
}

/** On-policy GRPO with a plain Adam step; override what a test is about. */
export function updateOptions(overrides: Partial<UpdateOptions> = {}): UpdateOptions {
  return {
    lossType: 'grpo',
    epsilonLow: 0.2,
    epsilonHigh: 0.2,
    beta: 0,
    temperature: 1,
    maxCompletionLength: 8,
    learningRate: 1e-3,
    beta1: 0.9,
    beta2: 0.999,
    adamEpsilon: 1e-8,
    weightDecay: 0,
    maxGradNorm: 0,
    maxTokensPerMicroBatch: 4096,
    gradientCheckpointing: false,
    ...overrides,
  };
}

/**
 * The gradient of one update, read from what a first AdamW step with learning rate 1 and epsilon 1 does to a weight:
 * Δ = −g / (|g| + 1), so g = −Δ / (1 − |Δ|).
 */
export const gradientProbe: Partial<UpdateOptions> = {
  learningRate: 1,
  adamEpsilon: 1,
  weightDecay: 0,
  maxGradNorm: 0,
};

export function probedGradient(before: Float32Array, after: Float32Array): Float32Array {
  return before.map((weight, i) => {
    const step = weight - after[i]!;
    return step / (1 - Math.abs(step));
  });
}
