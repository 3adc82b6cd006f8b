/** The shape of a transformer as GGUF metadata: the way back of gguf.ts. Keys as in the GGUF specification. */
import type { TypedGgufValue } from '../../bindings/io.js';
import type { ModelConfig } from '../../bindings/torch.js';
import { UserError } from '../errors.js';

/** Architecture of a family's files; Mistral's are those of Llama. */
const ARCHITECTURES = { llama: 'llama', mistral: 'llama', qwen2: 'qwen2', qwen3: 'qwen3' } as const;

/** @throws UserError for a model that readers of GGUF files would compute differently. @param name for errors. */
export function shapeMetadata(config: ModelConfig, name: string): Record<string, TypedGgufValue> {
  refuseUnsayable(config, name);
  const architecture = ARCHITECTURES[config.family];
  const count = (value: number): TypedGgufValue => ({ type: 'U32', value });
  const real = (value: number): TypedGgufValue => ({ type: 'F32', value });
  const text = (value: string): TypedGgufValue => ({ type: 'String', value });
  const values: Record<string, TypedGgufValue> = {
    vocab_size: count(config.vocabSize),
    context_length: count(config.maxPositions),
    embedding_length: count(config.hiddenSize),
    feed_forward_length: count(config.intermediateSize),
    block_count: count(config.numLayers),
    'attention.head_count': count(config.numHeads),
    'attention.head_count_kv': count(config.numKvHeads),
    'attention.key_length': count(config.headDim),
    'attention.value_length': count(config.headDim),
    'attention.layer_norm_rms_epsilon': real(config.rmsNormEps),
    'rope.dimension_count': count(config.headDim),
    'rope.freq_base': real(config.ropeTheta),
    ...(config.ropeScaling?.type === 'linear' && {
      'rope.scaling.type': text('linear'),
      'rope.scaling.factor': real(config.ropeScaling.factor),
    }),
  };
  return {
    'general.architecture': text(architecture),
    ...Object.fromEntries(Object.entries(values).map(([key, value]) => [`${architecture}.${key}`, value])),
  };
}

function refuseUnsayable({ family, qkvBias, ropeScaling }: ModelConfig, name: string): void {
  if (family === 'qwen3' && qkvBias) {
    throw new UserError(`${name}: attention_bias true cannot be exported; GGUF's architecture qwen3 has no biases.`);
  }
  if (ropeScaling?.type === 'llama3' && ARCHITECTURES[family] !== 'llama') {
    throw new UserError(
      `${name}: rope_type "llama3" cannot be exported; GGUF's architecture ${family} does not have it.`,
    );
  }
}
