/** Makes the inputs of the fixtures: the same as scripts/fixtures/sequence_matcher.py, step by step. */

/** Marsaglia's xorshift on 32 bits. */
export class Random {
  constructor(private state: number) {}

  below(bound: number): number {
    let x = this.state;
    x = (x ^ (x << 13)) >>> 0;
    x ^= x >>> 17;
    x = (x ^ (x << 5)) >>> 0;
    this.state = x;
    return x % bound;
  }
}

const ODD = [
  0x1f600, 0x1f601, 0x1d54f, 0x10ffff, 0x301, 0x308, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0x200d, 0xe9, 0x4e2d, 0xffff,
];

export function alphabet(random: Random): number[] {
  const kind = random.below(8);
  if (kind < 6) return Array.from({ length: [1, 2, 3, 5, 12, 26][kind]! }, (_, i) => 97 + i);
  if (kind === 6) return [...ODD, 97, 98, 99, 32];
  return Array.from({ length: 600 }, (_, i) => 0x20 + 7 * i);
}

function length(random: Random): number {
  const kind = random.below(4);
  if (kind === 0) return random.below(12);
  if (kind === 1) return random.below(60);
  if (kind === 2) return 190 + random.below(21);
  return random.below(401);
}

export function text(random: Random, characters: number[], count: number): number[] {
  return Array.from({ length: count }, () => characters[random.below(characters.length)]!);
}

export function edited(random: Random, characters: number[], source: number[]): number[] {
  const result = [...source];
  for (let edits = random.below(9); edits > 0; edits--) {
    const at = random.below(result.length + 1);
    const gone = random.below(12);
    result.splice(at, gone, ...text(random, characters, random.below(12)));
  }
  return result.slice(0, 400);
}

/** No low surrogate right behind a high one: they would become one character. */
export function separated(codes: number[]): string {
  let result = '';
  let last = 0;
  for (let code of codes) {
    if (last >= 0xd800 && last <= 0xdbff && code >= 0xdc00 && code <= 0xdfff) code = 0x78;
    result += String.fromCodePoint(code);
    last = code;
  }
  return result;
}

export function randomPair(random: Random): [a: string, b: string] {
  const characters = alphabet(random);
  const a = text(random, characters, length(random));
  const b = random.below(2) ? edited(random, characters, a) : text(random, characters, length(random));
  return [separated(a), separated(b)];
}

/** Every string over {a, b, c} up to a length, shorter ones first, each length in alphabetical order. */
export function allStrings(maxLength: number): string[] {
  const strings = [''];
  for (let from = 0, n = 1; n <= maxLength; n++) {
    const end = strings.length;
    for (; from < end; from++) for (const letter of 'abc') strings.push(strings[from] + letter);
  }
  return strings;
}

export const junkFunctions: Record<string, (character: string) => boolean> = {
  space: (character) => ' \t'.includes(character),
  vowel: (character) => 'aeiou'.includes(character),
  a: (character) => character === 'a',
  late: (character) => character.codePointAt(0)! >= 0x64,
  all: () => true,
};
