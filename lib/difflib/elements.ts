/** Elements of the sequences that a SequenceMatcher compares, and the numbers that stand for them. */

/** A string, compared by code point, or an array of primitives (objects compare by identity). */
export type Sequence<T = unknown> = string | readonly T[];

/** What an element of a sequence is compared as: Python's equality of numbers, so `true`, `1` and `1n` are one. */
function comparable(element: unknown): unknown {
  if (typeof element === 'boolean') return Number(element);
  if (typeof element === 'bigint' && BigInt(Number(element)) === element) return Number(element);
  return element;
}

/** Numbers the distinct elements of an array. Equal are elements that a Map takes for one key: NaN is one element. */
export class ElementNumbers {
  private readonly numbers = new Map<unknown, number>();
  /** First element with each number. */
  readonly elements: unknown[] = [];

  constructor(sequence: readonly unknown[]) {
    for (const element of sequence) {
      const key = comparable(element);
      if (this.numbers.has(key)) continue;
      this.numbers.set(key, this.elements.length);
      this.elements.push(element);
    }
  }

  /** The number of each element; one number that no element has stands for all that are unknown. */
  of(sequence: readonly unknown[]): Uint32Array {
    return Uint32Array.from(sequence, (element) => this.numbers.get(comparable(element)) ?? this.elements.length);
  }
}

/** Order of two sequences by their first difference; strings by code point, as Python orders them. */
export function compareSequences(x: Sequence, y: Sequence): number {
  const xs = [...x];
  const ys = [...y];
  for (let i = 0; i < Math.min(xs.length, ys.length); i++) {
    const order = compareElements(xs[i], ys[i]);
    if (order !== 0) return order;
  }
  return xs.length - ys.length;
}

function compareElements(x: unknown, y: unknown): number {
  if (typeof x === 'string' && typeof y === 'string') {
    // Within an array an element may be a longer string; a single character ends the recursion.
    if ([...x].length > 1 || [...y].length > 1) return compareSequences(x, y);
    return (x.codePointAt(0) ?? -1) - (y.codePointAt(0) ?? -1);
  }
  const [left, right] = [comparable(x) as number, comparable(y) as number];
  return left < right ? -1 : left > right ? 1 : 0;
}
