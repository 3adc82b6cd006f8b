import { describe, expect, it } from 'vitest';
import { generator } from '../../lib/eval/math/random.js';
import { mean, passAtK, passPoints, quantile, wilsonInterval } from '../../lib/eval/statistics.js';

/** C(n, k) in whole numbers, for a check by counting. */
function choose(n: number, k: number): bigint {
  let result = 1n;
  for (let i = 0n; i < BigInt(k); i++) result = (result * (BigInt(n) - i)) / (i + 1n);
  return k > n ? 0n : result;
}

describe('pass@k', () => {
  it('is the share of draws of k that hold a right one', () => {
    for (const n of [1, 2, 5, 16, 32]) {
      for (let c = 0; c <= n; c++) {
        for (const k of passPoints(n)) {
          const expected = 1 - Number(choose(n - c, k)) / Number(choose(n, k));
          expect(passAtK(n, c, k)).toBeCloseTo(expected, 12);
        }
      }
    }
  });

  it('of one is the accuracy, and does not overflow for many samples', () => {
    expect(passAtK(10, 3, 1)).toBeCloseTo(0.3, 14);
    expect(passAtK(100_000, 1, 50_000)).toBeCloseTo(0.5, 9);
    expect(passAtK(4, 0, 4)).toBe(0);
    expect(passAtK(4, 4, 1)).toBe(1);
  });

  it('refuses more draws than there are samples', () => {
    expect(() => passAtK(4, 2, 5)).toThrow(RangeError);
    expect(() => passAtK(4, 5, 2)).toThrow(RangeError);
  });

  it('is reported for powers of two and the number of samples', () => {
    expect(passPoints(1)).toEqual([1]);
    expect(passPoints(8)).toEqual([1, 2, 4, 8]);
    expect(passPoints(12)).toEqual([1, 2, 4, 8, 12]);
  });
});

describe("Wilson's interval", () => {
  const of = (right: number, problems: number) =>
    Array.from({ length: problems }, (_, i) => Number(i < right)).reverse();

  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i right among %i is the published one (Newcombe 1998, table I, method 3)', (right, problems, low, high) => {
    const interval = wilsonInterval(of(right, problems), 1);
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  });

  it.each([1, 8])('says little of three problems with %i answers each, all wrong or all right', (samples) => {
    const [low, high] = wilsonInterval([0, 0, 0], samples);
    expect(low).toBe(0);
    expect(high).toBeCloseTo(0.5615, 4);
    expect(wilsonInterval([1, 1, 1], samples)).toEqual([expect.closeTo(1 - high, 12), 1]);
    expect(wilsonInterval([0.5], samples)[0]).toBeLessThan(0.1);
  });

  it('is narrower for several answers a problem, by what the variance between problems leaves of them', () => {
    const width = ([low, high]: [number, number]) => high - low;
    const alike = of(100, 400); // every problem's answers are the same: as good as one answer each
    expect(wilsonInterval(alike, 8)).toEqual(wilsonInterval(alike, 1));
    const independent = Array.from({ length: 400 }, (_, i) => [0.125, 0.375][i % 2]!); // as a binomial of 8 spreads
    const binomial = 2 * 1.96 * Math.sqrt((0.25 * 0.75) / (400 * 8));
    expect(width(wilsonInterval(independent, 8)) / binomial).toBeCloseTo(1, 1);
  });

  it('holds the truth 95 times in 100, for few problems too', () => {
    const random = generator(1);
    for (const [problems, samples] of [
      [5, 1],
      [8, 4],
      [40, 4],
    ] as const) {
      let held = 0;
      const tries = 2000;
      for (let t = 0; t < tries; t++) {
        // Difficulties are uniform, so that the true mean is one half.
        const shares = Array.from({ length: problems }, () => {
          const chance = random();
          return mean(Array.from({ length: samples }, () => Number(random() < chance)));
        });
        const [low, high] = wilsonInterval(shares, samples);
        if (low <= 0.5 && 0.5 <= high) held++;
      }
      expect(held / tries).toBeGreaterThan(0.93);
    }
  });
});

it('means and quantiles', () => {
  expect(mean([1, 2, 6])).toBe(3);
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([5], 0.9)).toBe(5);
  expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 0.9)).toBe(10);
});
