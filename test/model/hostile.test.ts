import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, it, vi } from 'vitest';
import type { GgufHeader, GgufValue } from '../../bindings/torch.js';
import { UserError } from '../../lib/errors.js';
import { configFromJson } from '../../lib/model/config.js';
import { eosTokenIds, generationDefaults } from '../../lib/model/generation_config.js';
import { configFromGguf, eosFromGguf } from '../../lib/model/gguf.js';
import { readIndex } from '../../lib/model/weights.js';
import { tokenizerFromGguf } from '../../lib/prompt/gguf_tokenizer.js';
import { tokenizerFromFiles } from '../../lib/prompt/tokenizer.js';
import { LLAMA, QWEN3 } from './configs.js';

type Json = Record<string, unknown>;

/** Whatever a file holds, the answer is a result or a UserError. */
function usableOrRefused(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(0, -1, 1e300, 2 ** 53, 0.5, '', 'llama3', 'linear', null, [], {}, [null], { a: null }),
);

/** A copy of `whole` with some of its keys, at any depth of objects and lists, replaced by odd values. */
function damaged(whole: Json, extraKeys: string[] = []): fc.Arbitrary<Json> {
  const paths = [...keyPaths(whole), ...extraKeys.map((key) => [key])];
  const changes = fc.array(fc.tuple(fc.constantFrom(...paths), odd), { minLength: 1, maxLength: 3 });
  return changes.map((list) => {
    const copy = structuredClone(whole);
    for (const [path, value] of list) replace(copy, path, structuredClone(value)); // a value may be drawn twice
    return copy;
  });
}

function keyPaths(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value).slice(0, 12);
  return entries.flatMap(([key, inner]) => [[key], ...keyPaths(inner).map((path) => [key, ...path])]);
}

function replace(target: Json, [key, ...rest]: string[], value: unknown): void {
  if (rest.length === 0) target[key!] = value;
  else if (typeof target[key!] === 'object' && target[key!] !== null) replace(target[key!] as Json, rest, value);
}

describe('files of any content end in a result or in an error for the user', () => {
  it('config.json', () => {
    const llama3 = {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 64,
    };
    const extra = [
      'rope_parameters',
      'layer_types',
      'sliding_window',
      'head_dim',
      'quantization_config',
      'num_experts',
      'attention_bias',
    ];
    for (const config of [
      { ...LLAMA, rope_scaling: llama3 },
      { ...QWEN3, use_sliding_window: true },
    ]) {
      fc.assert(
        fc.property(damaged(config, extra), (json) => usableOrRefused(() => configFromJson(json, 'config.json'))),
      );
    }
  });

  it('generation_config.json and the index of shards', () => {
    const generation = { eos_token_id: [1, 2], temperature: 0.5, top_p: 0.9, top_k: 3 };
    fc.assert(
      fc.property(damaged(generation), (json) => {
        usableOrRefused(() => eosTokenIds([{ file: 'generation_config.json', json }], 0));
        usableOrRefused(() => generationDefaults({ file: 'generation_config.json', json }));
      }),
    );
    const index = { metadata: {}, weight_map: { a: 'x.safetensors', b: 'y.safetensors' } };
    fc.assert(fc.property(damaged(index), (json) => usableOrRefused(() => readIndex(json, 'index.json'))));
  });

  it('tokenizer.json and its companions', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {}); // the engine names odd patterns there
    const token = {
      id: 2,
      content: '<e>',
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    };
    const files = {
      'tokenizer.json': {
        added_tokens: [token],
        normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Prepend', prepend: '_' }] },
        pre_tokenizer: { type: 'Split', pattern: { Regex: ' ?\\p{L}+' }, behavior: 'Isolated', invert: false },
        post_processor: { type: 'ByteLevel' },
        decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] },
        model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [['a', 'b']] },
      },
      'tokenizer_config.json': {
        eos_token: '<e>',
        chat_template: [{ name: 'default', template: '{{ messages }}' }],
        added_tokens_decoder: { 3: { content: '<f>' } },
      },
      'special_tokens_map.json': { eos_token: { content: '<e>' } },
      'chat_template.json': { chat_template: '{{ messages }}' },
    };
    fc.assert(
      fc.property(damaged(files), (changed) => {
        const contents = Object.entries(changed).map(
          ([name, json]) => [name, Buffer.from(JSON.stringify(json))] as const,
        );
        usableOrRefused(() => {
          const tokenizer = tokenizerFromFiles(new Map(contents), 'model');
          usableOrRefused(() => tokenizer.applyChatTemplate([{ role: 'user', content: 'ab' }]));
        });
      }),
    );
  });

  it('GGUF metadata', () => {
    const { tokenizers } = JSON.parse(readFileSync(new URL('../fixtures/prompt/gguf.json', import.meta.url), 'utf8'));
    const config = {
      'general.architecture': 'llama',
      'llama.block_count': 2,
      'llama.context_length': 512,
      'llama.embedding_length': 64,
      'llama.feed_forward_length': 128,
      'llama.attention.head_count': 4,
      'llama.attention.layer_norm_rms_epsilon': 1e-5,
    };
    const extra = [
      'llama.rope.scaling.type',
      'llama.attention.key_length',
      'llama.attention.head_count_kv',
      'tokenizer.chat_template',
    ];
    for (const name of ['smollm', 'llama']) {
      const whole = { ...config, ...tokenizers[name].metadata };
      fc.assert(
        fc.property(damaged(whole, extra), (metadata) => {
          const header: GgufHeader = { version: 3, metadata: metadata as Record<string, GgufValue>, tensors: [] };
          usableOrRefused(() => configFromGguf(header, 'model.gguf', () => []));
          usableOrRefused(() => eosFromGguf(header, 'model.gguf'));
          usableOrRefused(() => tokenizerFromGguf(header, 'model.gguf'));
        }),
        { numRuns: 60 },
      );
    }
  });
});
