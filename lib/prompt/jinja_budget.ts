/** What one run of a chat template may cost, and how large Jinja's values are. */

/** Evaluated expressions and loop turns; a chat of 100 messages takes some ten thousand. */
const MAX_STEPS = 500_000;
/** Characters compared and copied by operations on long texts: about a second. */
const MAX_WORK = 2 ** 30;
/** Characters of all texts that are made, an element of a list counting as {@link ELEMENT}. A model reads far fewer. */
const MAX_CHARACTERS = 2 ** 25;
/** What one operation may make at the most, estimated before it is done. */
const MAX_AT_ONCE = 2 ** 26;
/** Characters that take about the memory of one element of a list. */
const ELEMENT = 16;

/** A value of the engine: texts, numbers, lists, maps, functions, each in a wrapper. */
export interface JinjaValue {
  type: string;
  value: unknown;
}

/** Counts down what is left; every method throws when it is used up. */
export class JinjaBudget {
  private steps = 0;
  private work = 0;
  private characters = 0;

  /** Evaluations, or turns of a loop. */
  step(count = 1): void {
    this.steps += count;
    // Written so that NaN, of a range with odd bounds, is refused too.
    if (!(this.steps <= MAX_STEPS)) throw new Error(`it did not end within ${MAX_STEPS} evaluation steps`);
  }

  /** Time of an operation, in characters that it looks at. */
  operate(characters: number): void {
    this.work += characters;
    if (!(this.work <= MAX_WORK)) throw new Error('it takes too long: it works on long texts again and again');
  }

  /** Memory: a text or a list that an operation made. */
  make(value: JinjaValue): void {
    const holds = Array.isArray(value.value) || value.value instanceof Map;
    this.write(typeof value.value === 'string' ? value.value.length : holds ? ELEMENT * shallowSize(value) : 0);
  }

  write(characters: number): void {
    this.characters += characters;
    if (!(this.characters <= MAX_CHARACTERS))
      throw new Error(`it makes more than ${MAX_CHARACTERS} characters of text`);
  }

  /** Refuse an operation, before it is done, whose result could have this many characters. */
  foresee(characters: number): void {
    if (!(characters <= MAX_AT_ONCE)) throw new Error(`one operation could make more than ${MAX_AT_ONCE} characters`);
  }
}

/** Length of a text or list, entries of a map. */
export function shallowSize({ value }: JinjaValue): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return value instanceof Map ? value.size : 1;
}

/** A value written out: its characters, its parts and how deeply they are nested. A part held twice counts twice. */
export interface WrittenSize {
  characters: number;
  parts: number;
  depth: number;
}

/** @throws Error when it is larger than any text may be, without looking at all of it */
export function writtenSize(value: JinjaValue, budget: JinjaBudget): WrittenSize {
  const size: WrittenSize = { characters: 0, parts: 0, depth: 0 };
  const visit = (inner: JinjaValue, depth: number): void => {
    size.parts++;
    size.depth = Math.max(size.depth, depth);
    const content = inner.value;
    // Brackets, quotes, separators and escapes are the same few characters to each part; a number has up to 25.
    size.characters += typeof content === 'string' ? content.length + 4 : 25;
    budget.foresee(size.characters);
    if (Array.isArray(content)) for (const part of content as JinjaValue[]) visit(part, depth + 1);
    if (!(content instanceof Map)) return;
    for (const [key, part] of content as Map<string, JinjaValue>) {
      size.characters += key.length;
      visit(part, depth + 1);
    }
  };
  visit(value, 0);
  return size;
}
