import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { getCloseMatches, ratio, ratios, ratiosAsync, SequenceMatcher } from '../../lib/difflib/index.js';
import { Reference } from './reference.js';

const character = fc.oneof(fc.constantFrom('a', 'b', 'c', ' '), fc.constantFrom('😀', '\ud83d', '\ude00', '́', '中'));
const anyText = fc.array(character, { maxLength: 60 }).map((characters) => characters.join(''));
const anyNumbers = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 });

describe('for any texts', () => {
  it('blocks are equal stretches, ordered and disjoint, not adjacent, and closed by an empty one', () => {
    fc.assert(
      fc.property(anyText, anyText, fc.boolean(), (a, b, autojunk) => {
        const blocks = new SequenceMatcher(null, a, b, autojunk).getMatchingBlocks();
        const [as, bs] = [[...a], [...b]];
        expect(blocks.at(-1)).toEqual({ a: as.length, b: bs.length, size: 0 });
        blocks.forEach((block, i) => {
          expect(as.slice(block.a, block.a + block.size)).toEqual(bs.slice(block.b, block.b + block.size));
          const next = blocks[i + 1];
          if (!next) return;
          expect(block.size).toBeGreaterThan(0);
          const [gapA, gapB] = [next.a - block.a - block.size, next.b - block.b - block.size];
          expect(Math.min(gapA, gapB)).toBeGreaterThanOrEqual(0);
          if (next.size > 0) expect(gapA + gapB).toBeGreaterThan(0);
        });
      }),
    );
  });

  it('opcodes rebuild b from a', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const [as, bs] = [[...a], [...b]];
        const rebuilt = new SequenceMatcher(null, a, b)
          .getOpcodes()
          .flatMap(([tag, i1, i2, j1, j2]) =>
            tag === 'equal' ? as.slice(i1, i2) : tag === 'delete' ? [] : bs.slice(j1, j2),
          );
        expect(rebuilt).toEqual(bs);
      }),
    );
  });

  it('the ratio lies within [0, 1] and below its upper bounds, and equals the specification', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const matcher = new SequenceMatcher(null, a, b, false);
        expect(matcher.ratio()).toBe(new Reference(a, b).ratio());
        expect(matcher.ratio()).toBe(ratio(a, b));
        const bounds = [0, matcher.ratio(), matcher.quickRatio(), matcher.realQuickRatio(), 1];
        expect(bounds).toEqual([...bounds].sort((x, y) => x - y));
      }),
    );
  });

  it('arrays of characters and strings are the same sequences', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const expected = new SequenceMatcher(null, a, b).getOpcodes();
        expect(new SequenceMatcher(null, [...a], [...b]).getOpcodes()).toEqual(expected);
        expect(new SequenceMatcher(null, a, [...b]).getOpcodes()).toEqual(expected);
        expect(new SequenceMatcher(null, [...a], b).getOpcodes()).toEqual(expected);
      }),
    );
  });
});

describe('SequenceMatcher', () => {
  it('answers anew after a sequence was set, whichever', () => {
    fc.assert(
      fc.property(anyNumbers, anyNumbers, anyNumbers, (a, b, c) => {
        const matcher = new SequenceMatcher<number>(null, a, b);
        matcher.getOpcodes();
        matcher.setSeq1(c);
        expect(matcher.getOpcodes()).toEqual(new SequenceMatcher(null, c, b).getOpcodes());
        matcher.setSeq2(a);
        expect(matcher.getOpcodes()).toEqual(new SequenceMatcher(null, c, a).getOpcodes());
        matcher.setSeqs(b, c);
        expect(matcher.ratio()).toBe(new SequenceMatcher(null, b, c).ratio());
      }),
    );
  });

  it('compares numbers as Python does: booleans, bigints and zeros of both signs are numbers; NaN equals itself', () => {
    const equal = (a: unknown, b: unknown) => new SequenceMatcher<unknown>(null, [a], [b]).ratio() === 1;
    expect([equal(1, true), equal(1n, 1), equal(0, -0), equal(2n ** 60n, 2 ** 60), equal(null, null)]).not.toContain(
      false,
    );
    expect(equal(Number.NaN, Number.NaN)).toBe(true);
    expect([equal(1, '1'), equal(null, undefined), equal(2n ** 60n + 1n, 2 ** 60), equal({}, {})]).not.toContain(true);
    const object = {};
    expect(equal(object, object)).toBe(true);
  });

  it('asks isJunk once for each distinct element of b, in order, and names junk and popular elements', () => {
    const asked: string[] = [];
    const isJunk = (element: string) => asked.push(element) > 0 && element === ' ';
    const matcher = new SequenceMatcher(isJunk, 'x', `${'ab c'.repeat(60)}😀`);
    expect(asked).toEqual(['a', 'b', ' ', 'c', '😀']);
    expect(matcher.bjunk).toEqual(new Set([' ']));
    expect(matcher.bpopular).toEqual(new Set(['a', 'b', 'c']));
    expect([matcher.isJunk, matcher.autojunk, matcher.a]).toEqual([isJunk, true, 'x']);
    const numbers = new SequenceMatcher<number>(
      (n) => n === 7,
      [1],
      Array.from({ length: 300 }, (_, i) => (i % 2 ? 7 : 5)),
    );
    expect([numbers.bjunk, numbers.bpopular]).toEqual([new Set([7]), new Set([5])]);
  });

  it('stays as it was when isJunk throws', () => {
    const matcher = new SequenceMatcher<string>(
      (element) => {
        if (element === 'x') throw new Error('no x');
        return false;
      },
      'abc',
      'abd',
    );
    expect(() => matcher.setSeq2('x')).toThrow('no x');
    expect([matcher.b, matcher.ratio()]).toEqual(['abd', 2 / 3]);
  });

  it('hands out copies of what it keeps', () => {
    const matcher = new SequenceMatcher(null, 'abc', 'abd');
    matcher.getMatchingBlocks()[0]!.size = 9;
    matcher.getOpcodes()[0]![2] = 9;
    expect(matcher.getMatchingBlocks()[0]).toEqual({ a: 0, b: 0, size: 2 });
    expect(matcher.getOpcodes()[0]).toEqual(['equal', 0, 2, 0, 2]);
  });

  it.each([
    [() => new SequenceMatcher(null, 5 as never), 'a must be a string or an array, given number'],
    [() => new SequenceMatcher(null, 'a', null as never), 'b must be a string or an array, given null'],
    [() => new SequenceMatcher(/x/ as never), 'isJunk must be a function or null'],
    [() => new SequenceMatcher(null, '', '', 1 as never), 'autojunk must be true or false, given 1'],
    [
      () => new SequenceMatcher(null, 'abc', 'ab').findLongestMatch(0, 4),
      'alo and ahi must be whole numbers from 0 to 3',
    ],
    [
      () => new SequenceMatcher(null, 'abc', 'ab').findLongestMatch(0, 3, 1.5),
      'blo and bhi must be whole numbers from 0 to 2',
    ],
    [() => getCloseMatches('a', ['b'], 0), 'n must be a whole number from 1 on, given 0'],
    [() => getCloseMatches('a', ['b'], 1, 1.5), 'cutoff must lie in [0, 1], given 1.5'],
  ])('refuses misuse %#', (misuse, message) => {
    expect(misuse).toThrow(message);
  });
});

describe('ratios', () => {
  const actions = Array.from({ length: 3000 }, (_, i) => `the action number ${i}, ${'😀'.repeat(i % 5)}`);
  const experts = Array.from({ length: 3000 }, (_, i) => `an action with number ${Math.floor(i / 8)}`);
  const expected = Float64Array.from(actions, (action, i) => ratio(action, experts[i]!));

  it.each([1, 2, 7])('are those of single calls with %i threads', (threads) => {
    expect(ratios(actions, experts, { threads })).toEqual(expected);
  });

  it('come asynchronously while the event loop turns', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const long = Array.from({ length: 40 }, (_, i) => `${i}`.repeat(20_000));
    const found = await ratiosAsync(long, [...long].reverse());
    clearInterval(timer);
    expect(found).toEqual(ratios(long, [...long].reverse()));
    expect(turns).toBeGreaterThan(0);
    expect(await ratiosAsync(actions, experts)).toEqual(expected);
    expect(await ratiosAsync([], [])).toEqual(new Float64Array());
  });

  it('can be aborted, before and during the work', async () => {
    await expect(ratiosAsync(actions, experts, {}, AbortSignal.abort(new Error('early')))).rejects.toThrow('early');
    // Work for a second or so: were it not stopped, the promise would resolve.
    const long = Array.from({ length: 300 }, (_, i) => `ab${i}c`.repeat(4000));
    const controller = new AbortController();
    const promise = ratiosAsync(long, [...long].reverse(), { threads: 1 }, controller.signal);
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(promise).rejects.toThrow('enough');
  });

  it.each([
    [() => ratios(['a'], []), '1 actions and 0 experts'],
    [() => ratios('a' as never, 'b' as never), 'two arrays of strings'],
    [() => ratios(['a', 1 as never], ['b', 'c']), 'actions[1] is not a string'],
    [() => ratios(['a'], [null as never]), 'experts[0] is not a string'],
    [() => ratios(['a'], ['b'], { threads: 0 }), 'threads must be a whole number from 1 on, given 0'],
    [() => ratios(['a'], ['b'], { autojunk: 'no' as never }), 'autojunk must be true or false, given no'],
  ])('refuse misuse %#', (misuse, message) => {
    expect(misuse).toThrow(message);
  });

  it.each([
    ['100,000 equal characters', 'a'.repeat(100_000), 'a'.repeat(100_000), 1],
    ['two periods', 'ab'.repeat(50_000), 'aabb'.repeat(25_000), 0.50001],
    ['every character different', range(0, 50_000), range(0, 50_000), 1],
    ['every character different, reversed', range(0, 50_000), [...range(0, 50_000)].reverse().join(''), 2e-5],
    [
      'runs of 400 that never meet',
      `${'x'.repeat(400)}y`.repeat(240),
      `${'x'.repeat(400)}z`.repeat(240),
      96_000 / 96_240,
    ],
  ])('take bounded time for %s', (_, a, b, expected) => {
    const begin = performance.now();
    expect(ratio(a, b)).toBe(expected);
    // Two hundredths to half a second on one core of 2023; the bound only has to tell it from quadratic hours.
    expect(performance.now() - begin).toBeLessThan(20_000);
  });
});

/** Astral characters, all different. */
function range(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => String.fromCodePoint(0x10000 + from + i)).join('');
}
