/**
 * The typed face of the LibTorch addon: everything that crosses into `native/{io,model,rollout,train}`.
 *
 * Token ids travel as ragged int32 batches, never padded. Rows come in groups: group g is prompt g together with the
 * next `groupSizes[g]` completions, so completions are ordered group by group. Calls on one policy run in the order in
 * which they were made, on a worker thread; the promises settle on the main thread.
 */
import { loadTorchAddon } from './libtorch.js';
import type { Ragged } from './ragged.js';

export type DType = 'float32' | 'bfloat16';

/** Rotary frequency scaling of Llama 3.1 and later (`rope_type: "llama3"`), lengths in tokens. */
export interface Llama3RopeScaling {
  type: 'llama3';
  factor: number;
  lowFreqFactor: number;
  highFreqFactor: number;
  originalMaxPositionEmbeddings: number;
}

/** `rope_type: "linear"`: positions divided by `factor`. */
export interface LinearRopeScaling {
  type: 'linear';
  factor: number;
}

/** Shape of a decoder-only transformer of the Llama kind; made from `config.json` or GGUF metadata by `lib/prompt`. */
export interface ModelConfig {
  family: 'llama' | 'mistral' | 'qwen2' | 'qwen3';
  vocabSize: number;
  hiddenSize: number;
  intermediateSize: number;
  numLayers: number;
  numHeads: number;
  numKvHeads: number;
  headDim: number;
  /** Longest sequence the model was made for, in tokens; for a sliding-window model the window if that is shorter. */
  maxPositions: number;
  rmsNormEps: number;
  ropeTheta: number;
  ropeScaling: Llama3RopeScaling | LinearRopeScaling | null;
  /** The output layer is the transposed embedding. */
  tieWordEmbeddings: boolean;
  /** Bias on the query, key and value projections (Qwen2; Llama with `attention_bias`). */
  qkvBias: boolean;
  /** Bias on the attention output projection (Llama with `attention_bias`). */
  outputBias: boolean;
  /** Bias on the three projections of the feed-forward block (Llama with `mlp_bias`). */
  mlpBias: boolean;
}

/** Where a policy's weights live and in what precision they compute. */
export interface Placement {
  /** `cpu`, `cuda`, `cuda:1`, …; `auto` takes CUDA where it is available. */
  device: string;
  /** `bfloat16` keeps float32 master weights beside the bfloat16 ones. */
  dtype: DType;
}

export interface LoadOptions extends Placement {
  config: ModelConfig;
  format: 'safetensors' | 'gguf';
  /** One or more safetensors shards, or one GGUF file. Every tensor of the model in exactly one of them. */
  files: string[];
}

/** Sharing of a run's options with every long call. */
export interface CallOptions {
  /** Aborting rejects the promise with the signal's reason; the policy stays usable and its weights are those before the call. */
  signal?: AbortSignal;
  /** Called on the main thread now and then. `done` and `total` count completion tokens; `total` is an upper bound. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

export interface GenerateRequest {
  prompts: Ragged;
  /** Completions sampled per prompt. */
  numGenerations: number;
  /** Most tokens of a completion, the end-of-sequence token included. */
  maxCompletionLength: number;
  /** 0 is greedy. */
  temperature: number;
  /** A completion depends on this seed and its own row index only, not on its neighbours. */
  seed: number;
  /** Every token id that ends a sequence. The one sampled stays in the completion. */
  eosTokenIds: number[];
  /** Evaluation only; 1, 0 and 0 turn them off. The log-probabilities returned are those of the truncated distribution. */
  topP?: number;
  topK?: number;
  minP?: number;
  /** Most tokens held in the caches at once (prompts once a group + completions); rows wait until there is room. Default 32,768. */
  maxBatchedTokens?: number;
}

export interface Rollouts {
  /** prompts × numGenerations rows, group by group. */
  completions: Ragged;
  /** Log-probability of each sampled token under the distribution it was drawn from (after temperature). Same offsets. */
  logProbs: Ragged<Float32Array>;
  /** 1 where the row ended with an end-of-sequence token, 0 where the length limit cut it. */
  finished: Uint8Array;
}

/** Completions that ended while others are still being sampled. */
export interface EndedRollouts extends Rollouts {
  /** Place of each in the result. */
  rows: Int32Array;
}

export interface GenerateOptions extends CallOptions {
  /**
   * Called on the main thread, at most ten times a second, with the completions that ended since the last time. Those
   * that end after the last call come with the result alone, which holds all.
   */
  onCompletions?: (ended: EndedRollouts) => void;
}

/** Prompts with their completions. */
export interface TokenBatch {
  prompts: Ragged;
  /** Completions of each prompt; may be unequal, at least 1. */
  groupSizes: Int32Array;
  completions: Ragged;
}

export type LossType = 'grpo' | 'dapo' | 'drGrpo' | 'gspo' | 'crossEntropy';

export interface UpdateBatch extends TokenBatch {
  /** One per completion. Ignored by `crossEntropy`. */
  advantages?: Float64Array;
  /** Log-probabilities under the policy that sampled; left out, the batch is on-policy and every ratio is 1. */
  oldLogProbs?: Float32Array;
  /** Log-probabilities under the reference policy; needed when `beta` is not 0. */
  refLogProbs?: Float32Array;
  /** 1 trains on the completion, 0 leaves it out of numerator and denominator alike; left out, all count. */
  mask?: Uint8Array;
}

export interface UpdateOptions {
  lossType: LossType;
  epsilonLow: number;
  epsilonHigh: number;
  /** Weight of the k3 estimate of KL(policy ‖ reference). */
  beta: number;
  /** Temperature the completions were sampled at; logits are divided by it. */
  temperature: number;
  /** `drGrpo` divides by this constant instead of each completion's length. */
  maxCompletionLength: number;
  learningRate: number;
  beta1: number;
  beta2: number;
  adamEpsilon: number;
  /** Decoupled, on matrices only (not on norms and biases). */
  weightDecay: number;
  /** Gradients are scaled to at most this norm; 0 turns clipping off. */
  maxGradNorm: number;
  /** Most tokens (prompts once a group + completions) of one forward and backward pass; the gradient does not depend on it. */
  maxTokensPerMicroBatch: number;
  gradientCheckpointing: boolean;
}

export interface UpdateMetrics {
  loss: number;
  /** Norm before clipping. */
  gradNorm: number;
  /** Mean over trained tokens. */
  entropy: number;
  kl: number;
  /** Shares of trained tokens (of sequences for `gspo`) at which the clip was active. */
  clipRatioLow: number;
  clipRatioHigh: number;
  /** Trained completion tokens. */
  numTokens: number;
  numMicroBatches: number;
  /** Why no step was taken: every token was masked, or loss or gradient were not finite. */
  skipped: 'masked' | 'nonFinite' | null;
}

/** Passes of tokens through the model, of which only the matrix products are computed. Equally many entries in each. */
export interface ProductPasses {
  /** Tokens of each pass, through every layer. */
  rows: Int32Array;
  /** Tokens of each pass that go through the output layer, at least 1. */
  headRows: Int32Array;
  /** Pairs of tokens of each pass of which one attends to the other. */
  pairs: Float64Array;
  /** Also the products of the backward pass. */
  backward: boolean;
}

export interface Advantages {
  /** One per reward; 0 where the reward is NaN or its group has no spread. */
  advantages: Float64Array;
  /** Mean and population standard deviation of the finite rewards, one per group (NaN when a group has none). */
  mean: Float64Array;
  std: Float64Array;
}

/** The LibTorch in this process. */
export interface TorchInfo {
  version: string;
  /** Number of CUDA devices it can use. */
  cudaDevices: number;
  /** Threads that one tensor operation uses. */
  threads: number;
  /** On CUDA, which kernels attention was found to work with so far, and whether decoding steps are recorded; a line each. */
  kernels: string[];
}

/** GGUF header: metadata by key and the tensors, none of the weights. int64 values beyond 2^53 come as bigint. */
export interface GgufHeader {
  version: number;
  metadata: Record<string, GgufValue>;
  tensors: { name: string; type: string; shape: number[] }[];
}
export type GgufValue = number | bigint | boolean | string | GgufValue[];

/** Which standard deviation the advantages are divided by. */
export type ScaleRewards = 'group' | 'batch' | 'none';

interface Addon {
  computeAdvantages(request: { rewards: Float64Array; groupSizes: Int32Array; scale: ScaleRewards }): Advantages;
  setKernelsEnabled(enabled: boolean, registers?: number): void;
  torchInfo(): TorchInfo;
}

const addon = (): Addon => loadTorchAddon() as Addon;

/**
 * Advantages of a batch of groups of rewards, in float64: (reward − mean of its group) / standard deviation, with the
 * population standard deviation of the group, of the whole batch, or 1.
 *
 * @param rewards one per completion, group by group; one that is not finite gets advantage 0 and does not count
 * @param groupSizes completions of each group
 */
export function computeAdvantages(rewards: Float64Array, groupSizes: Int32Array, scale: ScaleRewards): Advantages {
  return addon().computeAdvantages({ rewards, groupSizes, scale });
}

/**
 * Off, every policy of this process computes by plain tensor operations, without kernels of ours, PyTorch's kernels for
 * attention, and steps recorded on a GPU: slower, and the same but for rounding. For comparing the two.
 *
 * @param registers vector registers that kernels of the CPU compute with, where it has them: 16 of 256 bits, 32 of 256
 *   bits, or 32 of 512 bits; else those that the CPU is fastest with
 */
export function setKernelsEnabled(enabled: boolean, { registers }: { registers?: Registers } = {}): void {
  addon().setKernelsEnabled(enabled, registers && ['few', 'many', 'wide'].indexOf(registers));
}

export type Registers = 'few' | 'many' | 'wide';

/** Version, devices and threads of LibTorch. Throws a UserError when LibTorch or the addon is missing. */
export function torchInfo(): TorchInfo {
  return addon().torchInfo();
}

export { Policy } from './policy.js';
