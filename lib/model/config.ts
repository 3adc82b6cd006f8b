/**
 * `config.json` of a Hugging Face folder → the shape of the transformer, for Llama (SmolLM2 included), Mistral, Qwen2/2.5
 * and Qwen3. What the native model cannot compute is refused by name; nothing is guessed. Defaults of absent keys are
 * those of the families' configuration classes in transformers 5.
 */
import { z } from 'zod';
import type { ModelConfig } from '../../bindings/torch.js';
import { UserError } from '../errors.js';
import { checkFile, type JsonObject } from './json_file.js';

type Family = ModelConfig['family'];
type RopeScaling = ModelConfig['ropeScaling'];

/** `architectures` entry of each supported family. */
export const ARCHITECTURES: Record<Family, string> = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
};

const DEFAULT_ROPE_THETA = 10_000;
const DEFAULT_MISTRAL_WINDOW = 4096;
const DEFAULT_QWEN_WINDOW = 4096;
const DEFAULT_QWEN_FULL_LAYERS = 28;
const DEFAULT_QWEN3_HEAD_DIM = 128;

const count = z.int().positive();
const flag = z.boolean().nullish();

const ropeSchema = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().nullish(),
  factor: z.number().positive().optional(),
  partial_rotary_factor: z.number().nullish(),
});

const llama3Schema = z.looseObject({
  factor: z.number().positive(),
  low_freq_factor: z.number().positive(),
  high_freq_factor: z.number().positive(),
  original_max_position_embeddings: count.optional(),
});

const configSchema = z.looseObject({
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  max_position_embeddings: count,
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().nullish(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
  partial_rotary_factor: z.number().nullish(),
  original_max_position_embeddings: count.nullish(),
  tie_word_embeddings: flag,
  attention_bias: flag,
  mlp_bias: flag,
  use_sliding_window: flag,
  sliding_window: count.nullish(),
  max_window_layers: z.int().nonnegative().nullish(),
  layer_types: z.array(z.string()).nullish(),
});
type RawConfig = z.infer<typeof configSchema>;

/**
 * Map a parsed `config.json` to a {@link ModelConfig}.
 *
 * @param file path named in errors.
 * @throws UserError that names the key, its value and what is supported.
 */
export function configFromJson(json: JsonObject, file: string): ModelConfig {
  const family = checkFamily(json, file);
  checkComputable(json, file);
  const raw = checkFile(configSchema, json, file);
  const numKvHeads = kvHeads(raw, family, file);
  const config: ModelConfig = {
    family,
    vocabSize: raw.vocab_size,
    hiddenSize: raw.hidden_size,
    intermediateSize: raw.intermediate_size,
    numLayers: raw.num_hidden_layers,
    numHeads: raw.num_attention_heads,
    numKvHeads,
    headDim: headDim(raw, family, file),
    maxPositions: maxPositions(raw, family, file),
    rmsNormEps: raw.rms_norm_eps,
    ...rope(raw, file),
    tieWordEmbeddings: raw.tie_word_embeddings ?? false,
    qkvBias: family === 'qwen2' || (hasBiasKey(family) && (raw.attention_bias ?? false)),
    outputBias: hasBiasKey(family) && (raw.attention_bias ?? false),
    mlpBias: family === 'llama' && (raw.mlp_bias ?? false),
  };
  checkShape(config, file);
  return config;
}

/** Llama and Qwen3 read `attention_bias`; Qwen2 always has query, key and value biases, Mistral never. */
function hasBiasKey(family: Family): boolean {
  return family === 'llama' || family === 'qwen3';
}

/** Relations between the sizes that every source of a configuration must keep. */
export function checkShape(config: ModelConfig, file: string): void {
  if (config.numHeads % config.numKvHeads !== 0) {
    throw new UserError(
      `${file}: num_attention_heads (${config.numHeads}) must be a multiple of num_key_value_heads (${config.numKvHeads}).`,
    );
  }
  if (config.headDim % 2 !== 0) {
    throw new UserError(`${file}: head_dim (${config.headDim}) must be even, for the rotary embedding.`);
  }
}

function checkFamily(json: JsonObject, file: string): Family {
  const supported = Object.keys(ARCHITECTURES).join(', ');
  const type = json.model_type;
  if (type === undefined) throw new UserError(`${file}: model_type is missing. Supported: ${supported}.`);
  if (typeof type !== 'string' || !Object.hasOwn(ARCHITECTURES, type)) {
    throw new UserError(`${file}: model_type ${JSON.stringify(type)} is not supported. Supported: ${supported}.`);
  }
  const family = type as Family;
  const architectures = json.architectures;
  if (Array.isArray(architectures) && !architectures.includes(ARCHITECTURES[family])) {
    throw new UserError(
      `${file}: architectures ${JSON.stringify(architectures)} is not supported for model_type ${family}. ` +
        `Supported: ${ARCHITECTURES[family]}.`,
    );
  }
  return family;
}

/** Refuse what would silently compute something else. */
function checkComputable(json: JsonObject, file: string): void {
  const act = json.hidden_act ?? 'silu';
  if (act !== 'silu')
    throw new UserError(`${file}: hidden_act ${JSON.stringify(act)} is not supported. Supported: silu.`);
  if (json.quantization_config != null) {
    const method = (json.quantization_config as JsonObject).quant_method ?? 'unknown';
    throw new UserError(
      `${file}: quantization_config (quant_method ${JSON.stringify(method)}) is not supported. ` +
        'Use the unquantised model (f32, f16 or bf16 safetensors) or a GGUF file.',
    );
  }
  for (const key of ['num_experts', 'num_local_experts', 'n_routed_experts']) {
    if (json[key] != null && json[key] !== 0) {
      throw new UserError(
        `${file}: ${key} ${JSON.stringify(json[key])}: mixtures of experts are not supported, only dense models.`,
      );
    }
  }
}

function kvHeads(raw: RawConfig, family: Family, file: string): number {
  if (raw.num_key_value_heads != null) return raw.num_key_value_heads;
  // An absent key means "as many as query heads" to Llama, but 8 or 32 to the other families: no default worth trusting.
  if (family === 'llama' || raw.num_key_value_heads === null) return raw.num_attention_heads;
  throw new UserError(`${file}: num_key_value_heads is missing; a ${family} model needs it.`);
}

function headDim(raw: RawConfig, family: Family, file: string): number {
  if (raw.head_dim != null) return raw.head_dim;
  if (family === 'qwen3') {
    if (raw.head_dim === undefined) return DEFAULT_QWEN3_HEAD_DIM;
    throw new UserError(`${file}: head_dim is null; a qwen3 model needs a number.`);
  }
  if (raw.hidden_size % raw.num_attention_heads !== 0) {
    throw new UserError(
      `${file}: hidden_size (${raw.hidden_size}) must be a multiple of num_attention_heads (${raw.num_attention_heads}) ` +
        'when head_dim is not given.',
    );
  }
  return raw.hidden_size / raw.num_attention_heads;
}

/** The longest sequence for which full attention equals the model's own: a sliding window shortens it. */
function maxPositions(raw: RawConfig, family: Family, file: string): number {
  const window = slidingWindow(raw, family, file);
  return window === null ? raw.max_position_embeddings : Math.min(window, raw.max_position_embeddings);
}

function slidingWindow(raw: RawConfig, family: Family, file: string): number | null {
  if (family === 'llama') return null;
  if (family === 'mistral') return raw.sliding_window === undefined ? DEFAULT_MISTRAL_WINDOW : raw.sliding_window;
  const unknown = raw.layer_types?.find((type) => type !== 'full_attention' && type !== 'sliding_attention');
  if (unknown !== undefined) {
    throw new UserError(
      `${file}: layer_types has ${JSON.stringify(unknown)}, which is not supported. Supported: full_attention, sliding_attention.`,
    );
  }
  if (!raw.use_sliding_window || raw.sliding_window === null) return null;
  const slides = raw.layer_types
    ? raw.layer_types.includes('sliding_attention')
    : (raw.max_window_layers ?? DEFAULT_QWEN_FULL_LAYERS) < raw.num_hidden_layers;
  return slides ? (raw.sliding_window ?? DEFAULT_QWEN_WINDOW) : null;
}

/** Rotary embedding from `rope_parameters` (transformers 5) or `rope_theta` and `rope_scaling` (before). */
function rope(raw: RawConfig, file: string): { ropeTheta: number; ropeScaling: RopeScaling } {
  const key = raw.rope_parameters ? 'rope_parameters' : 'rope_scaling';
  const parameters = raw[key];
  const partial = parameters?.partial_rotary_factor ?? raw.partial_rotary_factor ?? 1;
  if (partial !== 1) throw new UserError(`${file}: partial_rotary_factor ${partial} is not supported. Supported: 1.`);
  return {
    ropeTheta: parameters?.rope_theta ?? raw.rope_theta ?? DEFAULT_ROPE_THETA,
    ropeScaling: parameters ? ropeScaling(parameters, raw, `${file}: ${key}`) : null,
  };
}

function ropeScaling(parameters: z.infer<typeof ropeSchema>, raw: RawConfig, where: string): RopeScaling {
  const nested = Object.entries(parameters).find(([, value]) => typeof value === 'object' && value !== null);
  if (nested) {
    throw new UserError(
      `${where}.${nested[0]}: a rotary embedding per layer type is not supported, only one for all layers.`,
    );
  }
  const type = parameters.rope_type ?? parameters.type ?? 'default';
  if (type === 'default') return null;
  if (type === 'linear') {
    if (parameters.factor === undefined) throw new UserError(`${where}.factor is missing; rope_type linear needs it.`);
    return { type, factor: parameters.factor };
  }
  if (type === 'llama3') {
    const values = checkFile(llama3Schema, parameters, where);
    return {
      type,
      factor: values.factor,
      lowFreqFactor: values.low_freq_factor,
      highFreqFactor: values.high_freq_factor,
      originalMaxPositionEmbeddings:
        raw.original_max_position_embeddings ?? values.original_max_position_embeddings ?? raw.max_position_embeddings,
    };
  }
  throw new UserError(
    `${where}.rope_type ${JSON.stringify(type)} is not supported. Supported: default, linear, llama3.`,
  );
}
