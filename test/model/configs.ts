/** Small `config.json` contents as the families' makers write them (before transformers 5). */
const SHAPE = {
  hidden_act: 'silu',
  hidden_size: 64,
  intermediate_size: 128,
  max_position_embeddings: 512,
  num_attention_heads: 4,
  num_hidden_layers: 2,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-5,
  rope_theta: 50_000,
  tie_word_embeddings: true,
  vocab_size: 32,
};
export const LLAMA = { architectures: ['LlamaForCausalLM'], model_type: 'llama', ...SHAPE };
export const MISTRAL = { architectures: ['MistralForCausalLM'], model_type: 'mistral', ...SHAPE, sliding_window: 128 };
export const QWEN2 = { architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', ...SHAPE };
export const QWEN3 = { architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', ...SHAPE, head_dim: 32 };

/** `rope_freqs.weight` as transformers computes it from Llama 3.2 1B's constants: base frequencies / scaled ones. */
export const LLAMA_32_DIVISORS: number[] = [
  ...Array(15).fill(1),
  1.651329,
  3.292263,
  9.666731,
  31.999999,
  ...Array(13).fill(32),
];
