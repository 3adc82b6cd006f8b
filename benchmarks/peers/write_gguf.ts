/** The random model as a float32 GGUF file, so that llama.cpp samples from the same weights. */
import { type TensorToWrite, type TypedGgufValue, writeGguf } from '../../bindings/io.js';
import type { ModelConfig, Policy } from '../../bindings/torch.js';

/** Names of a layer's weights in GGUF files by their Hugging Face names (gguf-py, tensor_mapping.py). */
const layerNames = {
  'input_layernorm.weight': 'attn_norm.weight',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj.weight': 'attn_output.weight',
  'post_attention_layernorm.weight': 'ffn_norm.weight',
  'mlp.gate_proj.weight': 'ffn_gate.weight',
  'mlp.up_proj.weight': 'ffn_up.weight',
  'mlp.down_proj.weight': 'ffn_down.weight',
};

export async function writeQwen2Gguf(path: string, policy: Policy): Promise<void> {
  const { config } = policy;
  const { hiddenSize, vocabSize } = config;
  const tensors: TensorToWrite[] = [];
  const add = async (huggingFace: string, gguf: string, width?: number) => {
    const values = await policy.parameter(huggingFace);
    const shape = width === undefined ? [values.length] : [values.length / width, width];
    tensors.push({ name: gguf, shape, values, dtype: 'F32' });
  };
  await add('model.embed_tokens.weight', 'token_embd.weight', hiddenSize);
  for (let layer = 0; layer < config.numLayers; layer++) {
    for (const [huggingFace, gguf] of Object.entries(layerNames)) {
      const [from, to] = [`model.layers.${layer}.${huggingFace}`, `blk.${layer}.${gguf}`];
      if (huggingFace.includes('norm')) await add(from, to);
      else if (huggingFace.endsWith('.weight')) await add(from, to, inputWidth(config, huggingFace));
      else {
        await add(`${from}.weight`, `${to}.weight`, hiddenSize);
        await add(`${from}.bias`, `${to}.bias`);
      }
    }
  }
  await add('model.norm.weight', 'output_norm.weight');
  writeGguf(path, tensors, { ...modelMetadata(config), ...tokenizerMetadata(vocabSize) });
}

function inputWidth(config: ModelConfig, name: string): number {
  if (name.includes('down_proj')) return config.intermediateSize;
  return name.includes('o_proj') ? config.numHeads * config.headDim : config.hiddenSize;
}

function modelMetadata(config: ModelConfig): Record<string, TypedGgufValue> {
  return {
    'general.architecture': { type: 'String', value: 'qwen2' },
    'qwen2.block_count': { type: 'U32', value: config.numLayers },
    'qwen2.context_length': { type: 'U32', value: config.maxPositions },
    'qwen2.embedding_length': { type: 'U32', value: config.hiddenSize },
    'qwen2.feed_forward_length': { type: 'U32', value: config.intermediateSize },
    'qwen2.attention.head_count': { type: 'U32', value: config.numHeads },
    'qwen2.attention.head_count_kv': { type: 'U32', value: config.numKvHeads },
    'qwen2.attention.layer_norm_rms_epsilon': { type: 'F32', value: config.rmsNormEps },
    'qwen2.rope.freq_base': { type: 'F32', value: config.ropeTheta },
  };
}

/** A word per token id. llama.cpp wants a tokenizer; only ids are given to it and taken from it. */
function tokenizerMetadata(vocabSize: number): Record<string, TypedGgufValue> {
  const words = Array.from({ length: vocabSize }, (_, i) => `w${i}`);
  return {
    'tokenizer.ggml.model': { type: 'String', value: 'gpt2' },
    'tokenizer.ggml.pre': { type: 'String', value: 'qwen2' },
    'tokenizer.ggml.tokens': { type: 'Array', elementType: 'String', value: words },
    'tokenizer.ggml.token_type': { type: 'Array', elementType: 'I32', value: words.map(() => 1) },
    'tokenizer.ggml.merges': { type: 'Array', elementType: 'String', value: ['w 0'] },
    'tokenizer.ggml.eos_token_id': { type: 'U32', value: 1 },
  };
}
