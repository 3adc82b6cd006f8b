/** Weights under their GGUF names and in the order in which llama.cpp wants their rows. */
import type { Tensor } from '../../bindings/io.js';
import type { ModelConfig } from '../../bindings/torch.js';

/** A weight to write: its names in a Hugging Face folder and in a GGUF file. */
export interface WeightName {
  huggingFace: string;
  gguf: string;
  /** Heads whose rows are stored as rotary pairs; 0 for every other weight. */
  rotaryHeads: number;
}

/** Modules of a layer by their Hugging Face names (gguf-py's `tensor_mapping.py`). */
const LAYER_MODULES: Record<string, string> = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

/** Every weight of a model of this shape. */
export function weightNames(config: ModelConfig): WeightName[] {
  const plain = (huggingFace: string, gguf: string): WeightName => ({ huggingFace, gguf, rotaryHeads: 0 });
  const layers = Array.from({ length: config.numLayers }, (_, layer) =>
    Object.entries(LAYER_MODULES).flatMap(([huggingFace, gguf]) =>
      kindsOf(huggingFace, config).map((kind) => ({
        huggingFace: `model.layers.${layer}.${huggingFace}.${kind}`,
        gguf: `blk.${layer}.${gguf}.${kind}`,
        rotaryHeads: rotaryHeads(huggingFace, config),
      })),
    ),
  );
  return [
    plain('model.embed_tokens.weight', 'token_embd.weight'),
    ...layers.flat(),
    plain('model.norm.weight', 'output_norm.weight'),
    ...(config.tieWordEmbeddings ? [] : [plain('lm_head.weight', 'output.weight')]),
  ];
}

function kindsOf(module: string, { family, qkvBias, outputBias, mlpBias }: ModelConfig): ('weight' | 'bias')[] {
  if (/\.[qk]_norm$/.test(module)) return family === 'qwen3' ? ['weight'] : [];
  const hasBias =
    (/\.[qkv]_proj$/.test(module) && qkvBias) ||
    (module.endsWith('.o_proj') && outputBias) ||
    (module.startsWith('mlp.') && mlpBias);
  return hasBias ? ['weight', 'bias'] : ['weight'];
}

/** Only the architecture `llama`, which is Mistral's too, stores queries and keys as rotary pairs. */
function rotaryHeads(module: string, { family, numHeads, numKvHeads }: ModelConfig): number {
  if (family !== 'llama' && family !== 'mistral') return 0;
  if (module.endsWith('.q_proj')) return numHeads;
  return module.endsWith('.k_proj') ? numKvHeads : 0;
}

/**
 * Rows of queries or keys for llama.cpp, which rotates neighbours (2i, 2i + 1) where transformers rotates (i, i + E/2): in
 * each head of E rows, row i comes to 2i and row i + E/2 to 2i + 1.
 */
export function interleaved({ shape, values }: Tensor, heads: number): Tensor {
  const rows = shape[0]!;
  const width = values.length / rows;
  const headRows = rows / heads;
  const half = headRows / 2;
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const inHead = row % headRows;
    const place = row - inHead + 2 * (inHead % half) + (inHead < half ? 0 : 1);
    result.set(values.subarray(row * width, (row + 1) * width), place * width);
  }
  return { shape, values: result };
}
