import { createMatcher, type NativeMatcher } from '../../bindings/text.js';
import { ElementNumbers, type Sequence } from './elements.js';
import { groupOpcodes, type Opcode, opcodesOf } from './opcodes.js';

/** a[a, a + size) equals b[b, b + size). Positions count elements: code points in a string. */
export interface Match {
  a: number;
  b: number;
  size: number;
}

/** Says of an element (of a string: one code point) whether it is noise that no match should start with. */
export type IsJunk<T> = (element: T) => boolean;

/**
 * Python's `difflib.SequenceMatcher`, with the same results for the same input, CPython 3.11 being the reference.
 *
 * Sequences are strings, compared by code point (a lone surrogate is an element of its own), or arrays of primitives.
 * What is computed about the second sequence is kept, so compare many with one by `setSeq2` once and `setSeq1` for each.
 * Of a sequence that was changed in place nothing is noticed: set a new one.
 *
 * @example
 * new SequenceMatcher(null, 'abcd', 'bcde').ratio(); // 0.75
 */
export class SequenceMatcher<T = string> {
  private readonly native: NativeMatcher = createMatcher();
  /** Numbers of b's elements, for arrays. */
  private numbers: ElementNumbers | null = null;
  private blocks: Match[] | null = null;
  private opcodes: Opcode[] | null = null;
  private junk: ReadonlySet<T> = new Set();
  private first: Sequence<T> | undefined;
  private second: Sequence<T> | undefined;

  /**
   * @param isJunk asked once for each distinct element of `b`, or null for none
   * @param autojunk from 200 elements of b on, leave those out that make up more than 1 % of it (Python's default)
   * @throws TypeError when an argument is of another kind
   */
  constructor(
    readonly isJunk: IsJunk<T> | null = null,
    a: Sequence<T> = '',
    b: Sequence<T> = '',
    readonly autojunk: boolean = true,
  ) {
    if (isJunk !== null && typeof isJunk !== 'function') throw new TypeError('isJunk must be a function or null');
    if (typeof autojunk !== 'boolean') throw new TypeError(`autojunk must be true or false, given ${String(autojunk)}`);
    this.setSeqs(a, b);
  }

  /** The first sequence. */
  get a(): Sequence<T> {
    return this.first!;
  }

  /** The second sequence. */
  get b(): Sequence<T> {
    return this.second!;
  }

  /** Distinct elements of b that `isJunk` named. */
  get bjunk(): ReadonlySet<T> {
    return this.junk;
  }

  /** Distinct elements of b that are left out because they are frequent. */
  get bpopular(): ReadonlySet<T> {
    const elementOf = (code: number) => (this.numbers ? this.numbers.elements[code] : String.fromCodePoint(code)) as T;
    return new Set(Array.from(this.native.popular, elementOf));
  }

  setSeqs(a: Sequence<T>, b: Sequence<T>): void {
    checkSequence(a, 'a');
    checkSequence(b, 'b');
    this.setSeq2(b);
    this.setSeq1(a);
  }

  setSeq1(a: Sequence<T>): void {
    checkSequence(a, 'a');
    if (a === this.first) return;
    this.first = a;
    this.passFirst();
  }

  setSeq2(b: Sequence<T>): void {
    checkSequence(b, 'b');
    if (b === this.second) return;
    const numbers = typeof b === 'string' ? null : new ElementNumbers(b);
    const distinct = (numbers ? numbers.elements : [...new Set(b as string)]) as T[];
    const isJunk = this.isJunk;
    const junk = isJunk ? distinct.filter((element) => isJunk(element)) : [];
    const junkCodes = Uint32Array.from(
      numbers ? numbers.of(junk) : junk.map((character) => (character as string).codePointAt(0)!),
    );
    this.second = b;
    this.numbers = numbers;
    this.junk = new Set(junk);
    this.native.setSeq2(numbers ? numbers.of(b as readonly T[]) : (b as string), junkCodes, this.autojunk);
    if (this.first !== undefined) this.passFirst();
  }

  /** Elements of a are numbered as those of b are; a string and an array meet as elements, one for each code point. */
  private passFirst(): void {
    this.blocks = null;
    this.opcodes = null;
    const a = this.first!;
    if (this.numbers) this.native.setSeq1(this.numbers.of([...a]));
    else this.native.setSeq1(typeof a === 'string' ? a : codePointsOf(a));
  }

  /**
   * The longest matching block in a[alo, ahi) and b[blo, bhi); of several the one that starts first in a, then in b.
   * Junk and popular elements start no match but extend one.
   *
   * @returns size 0 at (alo, blo) when there is none
   * @throws RangeError when the ranges do not lie within the sequences
   */
  findLongestMatch(alo = 0, ahi = this.native.length1, blo = 0, bhi = this.native.length2): Match {
    checkRange('a', alo, ahi, this.native.length1);
    checkRange('b', blo, bhi, this.native.length2);
    const [a, b, size] = this.native.longestMatch(alo, ahi, blo, bhi);
    return { a: a!, b: b!, size: size! };
  }

  /** All matching blocks in order, no two adjacent in both sequences, and one of size 0 at the ends of both to close. */
  getMatchingBlocks(): Match[] {
    this.blocks ??= this.computeBlocks();
    return this.blocks.map((block) => ({ ...block }));
  }

  private computeBlocks(): Match[] {
    const flat = this.native.matchingBlocks();
    const blocks: Match[] = [];
    for (let at = 0; at < flat.length; at += 3) blocks.push({ a: flat[at]!, b: flat[at + 1]!, size: flat[at + 2]! });
    blocks.push({ a: this.native.length1, b: this.native.length2, size: 0 });
    return blocks;
  }

  /** Steps `[tag, i1, i2, j1, j2]` that turn a into b, in order; each begins where the one before ended. */
  getOpcodes(): Opcode[] {
    this.opcodes ??= opcodesOf(this.getMatchingBlocks());
    return this.opcodes.map((opcode) => [...opcode]);
  }

  /** The changes among the opcodes in groups, with up to `n` equal elements before and after each. */
  getGroupedOpcodes(n = 3): Opcode[][] {
    return groupOpcodes(this.getOpcodes(), n);
  }

  /** 2 M / T: M elements in matching blocks, T elements in both sequences; 1 when both are empty. */
  ratio(): number {
    const matched = this.blocks ? this.blocks.reduce((sum, block) => sum + block.size, 0) : this.native.countMatched();
    return this.ratioOf(matched);
  }

  /** An upper bound on `ratio()`, from the elements in common regardless of their order. */
  quickRatio(): number {
    return this.ratioOf(this.native.countCommon());
  }

  /** An upper bound on `quickRatio()`, from the lengths alone. */
  realQuickRatio(): number {
    return this.ratioOf(Math.min(this.native.length1, this.native.length2));
  }

  private ratioOf(matched: number): number {
    const total = this.native.length1 + this.native.length2;
    return total === 0 ? 1 : (2 * matched) / total;
  }
}

function checkSequence(value: unknown, name: string): void {
  if (typeof value !== 'string' && !Array.isArray(value)) {
    throw new TypeError(`${name} must be a string or an array, given ${value === null ? 'null' : typeof value}`);
  }
}

function checkRange(name: string, low: number, high: number, length: number): void {
  const isPosition = (value: number) => Number.isInteger(value) && 0 <= value && value <= length;
  if (isPosition(low) && isPosition(high)) return;
  throw new RangeError(`${name}lo and ${name}hi must be whole numbers from 0 to ${length}, given ${low} and ${high}`);
}

/** Code points of the one-character strings in an array; a number that no character has for every other element. */
function codePointsOf(elements: readonly unknown[]): Uint32Array {
  return Uint32Array.from(elements, (element) => {
    const isCharacter = typeof element === 'string' && [...element].length === 1;
    return isCharacter ? element.codePointAt(0)! : 0x110000;
  });
}
