/** What a rollout or an update cannot do without: floating-point operations, and bytes read from memory. */
import type { DType, ModelConfig, ProductPasses } from '../../bindings/torch.js';
import { prefillPasses } from './passes.js';
import type { Work } from './work.js';

/** Weights of a layer's matrices, those before its attention and those behind it. */
function layerWeights({ hiddenSize, intermediateSize, numHeads, numKvHeads, headDim }: ModelConfig) {
  const queries = numHeads * headDim;
  const keys = numKvHeads * headDim;
  return {
    before: hiddenSize * (queries + 2 * keys),
    behind: hiddenSize * queries + 3 * hiddenSize * intermediateSize,
  };
}

/**
 * Floating-point operations of the matrix products of these passes: two for each weight and token, and for each pair of tokens
 * and element of a head twice as many. The backward pass does twice what the forward pass does; what it computes again
 * does not count.
 */
export function productOperations(config: ModelConfig, { rows, headRows, pairs, backward }: ProductPasses): number {
  const { numLayers, numHeads, headDim, hiddenSize, vocabSize } = config;
  const { before, behind } = layerWeights(config);
  let forward = 0;
  rows.forEach((count, i) => {
    // Behind its attention the last layer is computed for those rows only that go on to the output layer.
    const layers = count * numLayers * before + (count * (numLayers - 1) + headRows[i]!) * behind;
    const attention = 2 * numLayers * pairs[i]! * numHeads * headDim;
    forward += 2 * (layers + attention + headRows[i]! * hiddenSize * vocabSize);
  });
  return backward ? 3 * forward : forward;
}

/**
 * Bytes that a rollout reads at least: in each pass the weights of layers and output layer, and in each step of decoding
 * the keys and values of every prompt that has rows running, once, and of the rows themselves.
 *
 * @param lengths tokens of each completion, prompt by prompt
 */
export function rolloutBytes(config: ModelConfig, dtype: DType, work: Work, lengths: readonly number[]): number {
  const { numLayers, numKvHeads, headDim, hiddenSize, vocabSize } = config;
  const { before, behind } = layerWeights(config);
  const weights = numLayers * (before + behind) + hiddenSize * vocabSize;
  const perToken = 2 * numLayers * numKvHeads * headDim;
  let values = prefillPasses(work) * weights;
  for (let position = 1; position < Math.max(...lengths); position++) {
    const running = lengths.map((length) => length > position);
    const rows = running.filter(Boolean).length;
    const prompts = Array.from({ length: work.prompts }, (_, i) =>
      running.slice(i * work.generations, (i + 1) * work.generations).some(Boolean),
    ).filter(Boolean).length;
    values += weights + perToken * (prompts * work.promptLength + rows * position);
  }
  return values * (dtype === 'bfloat16' ? 2 : 4);
}

/** One large pass through the layers, whose rate is what the device reaches at its best. */
export function largePass(device: string): ProductPasses {
  const rows = device === 'cpu' ? 512 : 8192;
  return { rows: Int32Array.of(rows), headRows: Int32Array.of(1), pairs: Float64Array.of(0), backward: false };
}
