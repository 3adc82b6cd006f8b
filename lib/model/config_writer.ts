/** The shape of a transformer → the `config.json` from which transformers (4 and 5) builds the same model. */
import type { DType, ModelConfig } from '../../bindings/torch.js';
import { ARCHITECTURES } from './config.js';
import type { JsonObject } from './json_file.js';

/** Token ids that `config.json` and `generation_config.json` both carry. */
export interface EndTokens {
  bosTokenId: number | null;
  eosTokenIds: readonly number[];
  padTokenId: number | null;
}

/** `config.json` of a model that came from nowhere (made here, or from GGUF metadata). */
export function newConfigJson(config: ModelConfig, dtype: DType, tokens: EndTokens): JsonObject {
  return {
    architectures: [ARCHITECTURES[config.family]],
    model_type: config.family,
    ...tokenIdsJson(tokens),
    hidden_act: 'silu',
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.numLayers,
    num_attention_heads: config.numHeads,
    num_key_value_heads: config.numKvHeads,
    head_dim: config.headDim,
    max_position_embeddings: config.maxPositions,
    rms_norm_eps: config.rmsNormEps,
    rope_theta: config.ropeTheta,
    rope_scaling: ropeScalingJson(config.ropeScaling),
    tie_word_embeddings: config.tieWordEmbeddings,
    ...familyJson(config),
    use_cache: true,
    vocab_size: config.vocabSize,
    torch_dtype: dtype,
  };
}

/** The model's own `config.json` with what training can change: the precision of the weights and their vocabulary. */
export function updatedConfigJson(original: JsonObject, config: ModelConfig, dtype: DType): JsonObject {
  const dtypeKey = 'dtype' in original ? 'dtype' : 'torch_dtype';
  return { ...original, vocab_size: config.vocabSize, [dtypeKey]: dtype };
}

/** `bos_token_id`, `eos_token_id` (a list when there are several) and `pad_token_id`. */
export function tokenIdsJson(tokens: EndTokens): JsonObject {
  const [first = null, ...more] = tokens.eosTokenIds;
  return {
    bos_token_id: tokens.bosTokenId,
    eos_token_id: more.length > 0 ? [first, ...more] : first,
    pad_token_id: tokens.padTokenId,
  };
}

function ropeScalingJson(scaling: ModelConfig['ropeScaling']): JsonObject | null {
  if (scaling === null) return null;
  if (scaling.type === 'linear') return { rope_type: 'linear', factor: scaling.factor };
  return {
    rope_type: 'llama3',
    factor: scaling.factor,
    low_freq_factor: scaling.lowFreqFactor,
    high_freq_factor: scaling.highFreqFactor,
    original_max_position_embeddings: scaling.originalMaxPositionEmbeddings,
  };
}

/** Keys that one family has and another has not, the biases above all. */
function familyJson(config: ModelConfig): JsonObject {
  const { family, qkvBias, outputBias, mlpBias } = config;
  const written = familyBiases(config);
  if (written.qkv !== qkvBias || written.output !== outputBias || written.mlp !== mlpBias) {
    throw new Error(`A ${family} model cannot have qkvBias ${qkvBias}, outputBias ${outputBias}, mlpBias ${mlpBias}.`);
  }
  switch (family) {
    case 'llama':
      return { attention_bias: qkvBias, mlp_bias: mlpBias };
    case 'mistral':
      return { sliding_window: null };
    case 'qwen2':
      return { use_sliding_window: false };
    case 'qwen3':
      return { attention_bias: qkvBias, use_sliding_window: false };
  }
}

/** The biases that transformers gives the family when it reads what {@link familyJson} writes. */
function familyBiases({ family, qkvBias, mlpBias }: ModelConfig): { qkv: boolean; output: boolean; mlp: boolean } {
  switch (family) {
    case 'llama':
      return { qkv: qkvBias, output: qkvBias, mlp: mlpBias };
    case 'mistral':
      return { qkv: false, output: false, mlp: false };
    case 'qwen2':
      return { qkv: true, output: false, mlp: false };
    case 'qwen3':
      return { qkv: qkvBias, output: qkvBias, mlp: false };
  }
}
