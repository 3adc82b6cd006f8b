/**
 * GGUF metadata → the shape of the transformer, for the architectures `llama` (Llama, SmolLM2, Mistral), `qwen2` and
 * `qwen3`. Keys as in the GGUF specification (ggml/docs/gguf.md).
 */
import type { GgufHeader, ModelConfig } from '../../bindings/torch.js';
import { UserError } from '../errors.js';
import { checkShape } from './config.js';
import { GgufMetadata } from './gguf_metadata.js';
import { llama3ScalingOf } from './gguf_rope.js';

const ARCHITECTURES = ['llama', 'qwen2', 'qwen3'] as const;
type Architecture = (typeof ARCHITECTURES)[number];
const DEFAULT_ROPE_THETA = 10_000;
const ROPE_DIVISORS = 'rope_freqs.weight';

/**
 * @param file path named in errors.
 * @param values values of a tensor by its name; asked for `rope_freqs.weight` only.
 * @throws UserError that names the key, its value and what is supported.
 */
export function configFromGguf(
  header: GgufHeader,
  file: string,
  values: (tensor: string) => ArrayLike<number>,
): ModelConfig {
  const metadata = new GgufMetadata(header, file);
  const architecture = checkComputable(metadata);
  const key = (name: string) => `${architecture}.${name}`;
  const tensors = new Set(header.tensors.map((tensor) => tensor.name));
  const hiddenSize = metadata.number(key('embedding_length'));
  const numHeads = perLayer(metadata, key('attention.head_count')) ?? metadata.number(key('attention.head_count'));
  const headDim = metadata.optionalNumber(key('attention.key_length')) ?? hiddenSize / numHeads;
  const ropeTheta = metadata.optionalNumber(key('rope.freq_base')) ?? DEFAULT_ROPE_THETA;
  const config: ModelConfig = {
    family: architecture,
    vocabSize: metadata.strings('tokenizer.ggml.tokens').length,
    hiddenSize,
    intermediateSize: perLayer(metadata, key('feed_forward_length')) ?? metadata.number(key('feed_forward_length')),
    numLayers: metadata.number(key('block_count')),
    numHeads,
    numKvHeads: perLayer(metadata, key('attention.head_count_kv')) ?? numHeads,
    headDim,
    maxPositions: Math.min(
      metadata.number(key('context_length')),
      metadata.optionalNumber(key('attention.sliding_window')) || Number.POSITIVE_INFINITY,
    ),
    rmsNormEps: metadata.number(key('attention.layer_norm_rms_epsilon')),
    ropeTheta,
    ropeScaling: tensors.has(ROPE_DIVISORS)
      ? llama3Scaling(values(ROPE_DIVISORS), headDim, ropeTheta, file)
      : ropeScaling(metadata, architecture),
    tieWordEmbeddings: !tensors.has('output.weight'),
    qkvBias: tensors.has('blk.0.attn_q.bias'),
    outputBias: tensors.has('blk.0.attn_output.bias'),
    mlpBias: tensors.has('blk.0.ffn_up.bias'),
  };
  checkRotary(metadata, architecture, config);
  checkShape(config, file);
  return config;
}

/** Every token that the file says ends a sequence, a turn or a message. */
export function eosFromGguf(header: GgufHeader, file: string): number[] {
  const metadata = new GgufMetadata(header, file);
  const ids = ['eos', 'eot', 'eom'].map((name) => metadata.optionalNumber(`tokenizer.ggml.${name}_token_id`));
  return [...new Set(ids.filter((id) => id !== null))];
}

function checkComputable(metadata: GgufMetadata): Architecture {
  const { file } = metadata;
  const name = metadata.string('general.architecture');
  const architecture = ARCHITECTURES.find((supported) => supported === name);
  if (!architecture) {
    throw new UserError(
      `${file}: general.architecture ${JSON.stringify(name)} is not supported. Supported: ${ARCHITECTURES.join(', ')}.`,
    );
  }
  if ((metadata.optionalNumber(`${name}.expert_count`) ?? 0) > 0) {
    throw new UserError(`${file}: ${name}.expert_count: mixtures of experts are not supported, only dense models.`);
  }
  const parts = metadata.optionalNumber('split.count') ?? 1;
  if (parts > 1) {
    throw new UserError(
      `${file} is one of ${parts} parts. Join them first: llama-gguf-split --merge FIRST-PART OUTPUT.`,
    );
  }
  return architecture;
}

/** A number that may be written once or once a layer; null where it is absent. */
function perLayer(metadata: GgufMetadata, key: string): number | null {
  if (!metadata.isList(key)) return metadata.optionalNumber(key);
  const [first = null, ...rest] = metadata.optionalNumbers(key) ?? [];
  if (rest.every((value) => value === first)) return first;
  throw new UserError(`${metadata.file}: ${key} differs between layers, which is not supported.`);
}

function llama3Scaling(
  divisors: ArrayLike<number>,
  headDim: number,
  ropeTheta: number,
  file: string,
): ModelConfig['ropeScaling'] {
  const scaling = llama3ScalingOf(divisors, headDim, ropeTheta);
  if (scaling) return scaling;
  throw new UserError(
    `${file}: ${ROPE_DIVISORS} is not the rotary scaling of Llama 3.1 to 3.3, the only one supported in this form. ` +
      "Use the model's safetensors folder.",
  );
}

function ropeScaling(metadata: GgufMetadata, architecture: string): ModelConfig['ropeScaling'] {
  const key = `${architecture}.rope.scaling.type`;
  const oldLinear = metadata.optionalNumber(`${architecture}.rope.scale_linear`);
  const type = metadata.optionalString(key) ?? (oldLinear === null ? 'none' : 'linear');
  if (type === 'none') return null;
  if (type === 'linear') {
    const factor = metadata.optionalNumber(`${architecture}.rope.scaling.factor`) ?? oldLinear ?? 1;
    return factor === 1 ? null : { type, factor };
  }
  throw new UserError(`${metadata.file}: ${key} ${JSON.stringify(type)} is not supported. Supported: none, linear.`);
}

function checkRotary(metadata: GgufMetadata, architecture: string, config: ModelConfig): void {
  const key = `${architecture}.rope.dimension_count`;
  const rotary = metadata.optionalNumber(key) ?? config.headDim;
  if (rotary !== config.headDim) {
    throw new UserError(`${metadata.file}: ${key} ${rotary} must equal the head's width, ${config.headDim}.`);
  }
  const valueKey = `${architecture}.attention.value_length`;
  const value = metadata.optionalNumber(valueKey) ?? config.headDim;
  if (value !== config.headDim) {
    throw new UserError(`${metadata.file}: ${valueKey} ${value} must equal attention.key_length, ${config.headDim}.`);
  }
}
