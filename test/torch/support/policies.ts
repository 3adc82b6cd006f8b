/** Policies the tests work on, and update options in which only what matters is said. */
import { type DType, type ModelConfig, Policy, type UpdateOptions } from '../../../bindings/torch.js';
import { fixturePath, type ModelFixture, type ModelName, readFixture } from './fixtures.js';

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
