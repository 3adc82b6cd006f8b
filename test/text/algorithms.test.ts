import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Algorithm, createMatcher, useInstructionSet } from '../../bindings/text.js';
import { allStrings, Random, randomPair } from '../difflib/generators.js';
import { Reference } from '../difflib/reference.js';

const algorithms: Algorithm[] = ['positions', 'bits', 'grams', 'levels'];
const matcher = createMatcher();

function blocks(a: string, b: string, algorithm?: Algorithm, junk: number[] = [], autojunk = false): string {
  matcher.setSeq2(b, Uint32Array.from(junk), autojunk);
  matcher.setSeq1(a);
  return matcher.matchingBlocks(algorithm).join();
}

describe('every algorithm finds the same blocks', () => {
  it('for all strings over three letters up to length 5', () => {
    const strings = allStrings(5);
    const different: unknown[] = [];
    for (const b of strings) {
      matcher.setSeq2(b, new Uint32Array(), false);
      for (const a of strings) {
        matcher.setSeq1(a);
        const [expected, ...others] = algorithms.map((algorithm) => matcher.matchingBlocks(algorithm).join());
        if (others.some((found) => found !== expected)) different.push({ a, b, expected, others });
      }
    }
    expect(different).toEqual([]);
  });

  it('for random texts, with junk and autojunk', () => {
    const random = new Random(5);
    for (let round = 0; round < 1500; round++) {
      const [a, b] = randomPair(random);
      const junk = random.below(3) === 0 ? [97, 32] : [];
      const autojunk = random.below(2) === 1;
      const expected = blocks(a, b, 'positions', junk, autojunk);
      for (const algorithm of algorithms.slice(1)) {
        expect(blocks(a, b, algorithm, junk, autojunk), JSON.stringify({ a, b, algorithm, junk, autojunk })).toBe(
          expected,
        );
      }
      expect(blocks(a, b, undefined, junk, autojunk)).toBe(expected);
    }
  });

  it('for long texts that need many words of bits, many grams and lifted run lengths', () => {
    const random = new Random(17);
    for (const [letters, block] of [
      [2, 700],
      [4, 1],
      [26, 40],
      [3, 997],
    ] as const) {
      const words = Array.from({ length: 8 }, () =>
        Array.from({ length: block }, () => String.fromCharCode(97 + random.below(letters))).join(''),
      );
      const make = () => Array.from({ length: 3000 / block + 1 }, () => words[random.below(8)]).join('');
      const [a, b] = [make(), make()];
      const expected = blocks(a, b, 'positions');
      for (const algorithm of algorithms.slice(1)) expect(blocks(a, b, algorithm) === expected, algorithm).toBe(true);
    }
  });

  it('and the plain specification the same, for small alphabets', () => {
    const element = fc.constantFrom('a', 'b', 'c', '😀', '\ud800', 'é');
    const anyText = fc.array(element, { maxLength: 24 }).map((characters) => characters.join(''));
    fc.assert(
      fc.property(anyText, anyText, fc.subarray(['a', '😀']), (a, b, junk) => {
        const reference = new Reference(a, b, { isJunk: (character) => junk.includes(character) });
        const expected = reference
          .matchingBlocks()
          .slice(0, -1)
          .flatMap(({ a, b, size }) => [a, b, size]);
        const codes = junk.map((character) => character.codePointAt(0)!);
        for (const algorithm of algorithms) expect(blocks(a, b, algorithm, codes)).toBe(expected.join());
      }),
      { numRuns: 500 },
    );
  });
});

describe('bit-parallel comparison', () => {
  afterAll(() => {
    // The widest that the processor has is in use last.
    for (const name of ['portable', 'avx2', 'avx512'] as const) useInstructionSet(name);
  });

  it.for(['portable', 'avx2', 'avx512'] as const)('finds the same blocks with %s', (name, { skip }) => {
    if (!useInstructionSet(name)) skip(`this processor has no ${name}`);
    const random = new Random(23);
    for (let round = 0; round < 800; round++) {
      const [a, b] = randomPair(random);
      expect(blocks(a, b, 'bits')).toBe(blocks(a, b, 'positions'));
    }
  });
});
