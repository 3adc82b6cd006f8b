import { describe, expect, it } from 'vitest';
import { characterTokenizer } from '../../lib/prompt/character_tokenizer.js';

describe('a character tokenizer', () => {
  const tokenizer = characterTokenizer('01+=; 🙂', ['<|end|>', '<think>', '</think>']);

  it('has the specials first, then <unk>, then the characters', () => {
    expect(tokenizer.vocabSize).toBe(3 + 1 + 7);
    expect(tokenizer.encode('<|end|><think></think>x01🙂')).toEqual([0, 1, 2, 3, 4, 5, 10]);
    expect(tokenizer).toMatchObject({ eosTokenId: 0, padTokenId: 0, bosTokenId: null });
  });

  it('gives text back and skips only the end token', () => {
    const text = '<think> 0 + 1 </think> 1 ; 🙂<|end|>';
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.decode(tokenizer.encode(text), { skipSpecialTokens: true })).toBe(text.replace('<|end|>', ''));
  });

  it('takes a repeated character once and refuses tokens that clash', () => {
    expect(characterTokenizer('aabb', ['#']).vocabSize).toBe(4);
    expect(() => characterTokenizer('ab', [])).toThrow(/at least one special token/);
    expect(() => characterTokenizer('ab', ['<e>', '<e>'])).toThrow(/must differ/);
    expect(() => characterTokenizer('ab', ['<unk>'])).toThrow(/must differ/);
    expect(() => characterTokenizer('ab', ['a'])).toThrow(/must differ/);
  });
});
