/** How many tokens a micro-batch may have, by the memory there is. */
import { totalmem } from 'node:os';
import type { ModelConfig } from '../../bindings/torch.js';

/** More tokens at once make no pass faster. */
const mostTokens = 8192;
/** Fewer make it slow; when even these do not fit, running out of memory halves them further. */
const leastTokens = 256;
/** Of all memory; the rest is for the KV cache, the work space of one layer, and other programs. */
const share = 0.75;
/**
 * For each trained number, in float32: weight, its copy laid out for products, gradient and AdamW's two moments.
 * bfloat16 with float32 masters needs no more.
 */
const bytesPerParameter = 4 * 5;

/** Memory in bytes of this machine, or what a container's limit leaves of it. */
export function hostMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/**
 * Tokens of one forward and backward pass that the memory has room for. It goes by the memory that the machine has, not by
 * what happens to be free, so that the same run is cut the same way each time.
 *
 * @param memory bytes that weights, optimizer and activations share
 * @param parameters numbers trained, or held for reference
 */
export function tokensThatFit(
  model: ModelConfig,
  { memory, parameters, gradientCheckpointing }: { memory: number; parameters: number; gradientCheckpointing: boolean },
): number {
  const room = share * memory - bytesPerParameter * parameters;
  const kept = gradientCheckpointing ? 4 * model.hiddenSize : bytesPerTokenAndLayer(model);
  return Math.min(mostTokens, Math.max(leastTokens, Math.floor(room / (kept * model.numLayers))));
}

/**
 * What a layer keeps of a token for the backward pass: its input, both normalised, the sum between its halves, queries,
 * keys and values as projected, queries and keys rotated, attention's output, and gate, up and their product.
 */
function bytesPerTokenAndLayer({ hiddenSize, intermediateSize, numHeads, numKvHeads, headDim }: ModelConfig): number {
  return 4 * (4 * hiddenSize + (3 * numHeads + 3 * numKvHeads) * headDim + 3 * intermediateSize);
}
