import { describe, expect, it } from 'vitest';
import type { GgufHeader, GgufValue } from '../../bindings/torch.js';
import { configFromGguf, eosFromGguf } from '../../lib/model/gguf.js';
import { LLAMA_32_DIVISORS } from './configs.js';

/** Metadata as llama.cpp's converter writes it for a small model. */
function header(
  architecture: string,
  changes: Record<string, GgufValue | undefined> = {},
  tensors: string[] = [],
): GgufHeader {
  const own = {
    block_count: 2,
    context_length: 512,
    embedding_length: 64,
    feed_forward_length: 128,
    'attention.head_count': 4,
    'attention.head_count_kv': 2,
    'attention.layer_norm_rms_epsilon': Math.fround(1e-5),
    'rope.freq_base': 50_000,
    'rope.dimension_count': 16,
  };
  const metadata: Record<string, GgufValue | undefined> = {
    'general.architecture': architecture,
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value])),
    'tokenizer.ggml.tokens': Array.from({ length: 32 }, (_, i) => `t${i}`),
    ...changes,
  };
  const defined = Object.entries(metadata).filter((entry): entry is [string, GgufValue] => entry[1] !== undefined);
  return {
    version: 3,
    metadata: Object.fromEntries(defined),
    tensors: ['token_embd.weight', ...tensors].map((name) => ({ name, type: 'F32', shape: [64, 32] })),
  };
}

const none = (): number[] => {
  throw new Error('no tensor is needed');
};
const read = (...parts: Parameters<typeof header>) => configFromGguf(header(...parts), 'model.gguf', none);

describe('GGUF metadata', () => {
  it('give the shape of a Llama', () => {
    expect(read('llama')).toEqual({
      family: 'llama',
      vocabSize: 32,
      hiddenSize: 64,
      intermediateSize: 128,
      numLayers: 2,
      numHeads: 4,
      numKvHeads: 2,
      headDim: 16,
      maxPositions: 512,
      rmsNormEps: 1e-5,
      ropeTheta: 50_000,
      ropeScaling: null,
      tieWordEmbeddings: true,
      qkvBias: false,
      outputBias: false,
      mlpBias: false,
    });
  });

  it('tell biases and an untied output by their tensors', () => {
    const tensors = ['output.weight', 'blk.0.attn_q.bias', 'blk.0.attn_output.bias', 'blk.0.ffn_up.bias'];
    const all = { tieWordEmbeddings: false, qkvBias: true, outputBias: true, mlpBias: true };
    expect(read('llama', {}, tensors)).toMatchObject(all);
    expect(read('qwen2', {}, ['blk.0.attn_q.bias'])).toMatchObject({
      family: 'qwen2',
      qkvBias: true,
      outputBias: false,
    });
  });

  it('give the width of a head, a window and linear scaling', () => {
    const wide = {
      'qwen3.attention.key_length': 32,
      'qwen3.attention.value_length': 32,
      'qwen3.rope.dimension_count': 32,
    };
    expect(read('qwen3', wide)).toMatchObject({ family: 'qwen3', headDim: 32 });
    expect(read('llama', { 'llama.attention.sliding_window': 128 }).maxPositions).toBe(128);
    const linear = { 'llama.rope.scaling.type': 'linear', 'llama.rope.scaling.factor': 4 };
    expect(read('llama', linear).ropeScaling).toEqual({ type: 'linear', factor: 4 });
    expect(read('llama', { 'llama.rope.scale_linear': 2 }).ropeScaling).toEqual({ type: 'linear', factor: 2 });
    expect(read('llama', { 'llama.attention.head_count_kv': [2, 2] }).numKvHeads).toBe(2);
    const sparse = { 'llama.attention.head_count_kv': undefined, 'llama.rope.freq_base': undefined };
    expect(read('llama', sparse)).toMatchObject({ numKvHeads: 4, ropeTheta: 10_000 });
  });

  const tall = {
    'llama.attention.key_length': 64,
    'llama.rope.dimension_count': 64,
    'llama.rope.freq_base': 500_000,
  };

  it('find the constants of Llama 3.2 in its divisors, and refuse others', () => {
    const withDivisors = (divisors: number[]) =>
      configFromGguf(header('llama', tall, ['rope_freqs.weight']), 'model.gguf', () => Float32Array.from(divisors));
    expect(withDivisors(LLAMA_32_DIVISORS).ropeScaling).toEqual({
      type: 'llama3',
      factor: 32,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositionEmbeddings: 8192,
    });
    expect(() => withDivisors(LLAMA_32_DIVISORS.map((divisor) => divisor * 1.1))).toThrow(
      /rope_freqs.weight is not the rotary scaling/,
    );
  });

  it('name every end token once', () => {
    const ends = {
      'tokenizer.ggml.eos_token_id': 3,
      'tokenizer.ggml.eot_token_id': 4,
      'tokenizer.ggml.eom_token_id': 3,
    };
    expect(eosFromGguf(header('llama', ends), 'model.gguf')).toEqual([3, 4]);
    expect(eosFromGguf(header('llama'), 'model.gguf')).toEqual([]);
  });

  it.each([
    ['gemma2', {}, [], /general.architecture "gemma2" is not supported. Supported: llama, qwen2, qwen3/],
    ['llama', { 'llama.expert_count': 8 }, [], /llama.expert_count: mixtures of experts/],
    ['llama', { 'split.count': 3 }, [], /model.gguf is one of 3 parts. Join them/],
    ['llama', { 'llama.rope.scaling.type': 'yarn' }, [], /llama.rope.scaling.type "yarn" is not supported/],
    ['llama', { 'llama.block_count': undefined }, [], /no llama.block_count in its metadata/],
    ['llama', { 'llama.block_count': 'two' }, [], /llama.block_count must be a number/],
    ['llama', { 'llama.block_count': 2n ** 60n }, [], /llama.block_count must be a number/],
    ['llama', { 'llama.attention.head_count_kv': [2, 1] }, [], /head_count_kv differs between layers/],
    ['llama', { 'llama.attention.head_count_kv': 3 }, [], /must be a multiple/],
    ['llama', { 'llama.rope.dimension_count': 8 }, [], /rope.dimension_count 8 must equal the head's width, 16/],
    ['llama', { 'llama.attention.value_length': 8 }, [], /value_length 8 must equal/],
  ] as [string, Record<string, GgufValue | undefined>, string[], RegExp][])(
    'that cannot be computed are named (%#)',
    (architecture, changes, tensors, message) => {
      expect(() => read(architecture, changes, tensors)).toThrow(message);
    },
  );
});
