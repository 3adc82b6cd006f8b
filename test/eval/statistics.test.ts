import { describe, expect, it } from 'vitest';
import { bootstrapInterval, mean, passAtK, passPoints, quantile } from '../../lib/eval/statistics.js';

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

describe('the bootstrap interval', () => {
  it('is near the normal one, and the same each time', () => {
    const values = Array.from({ length: 400 }, (_, i) => Number(i % 4 === 0));
    const [low, high] = bootstrapInterval(values, 7);
    const half = 1.96 * Math.sqrt((0.25 * 0.75) / 400);
    expect(low).toBeCloseTo(0.25 - half, 1.9);
    expect(high).toBeCloseTo(0.25 + half, 1.9);
    expect(Math.abs(high - low - 2 * half)).toBeLessThan(0.01);
    expect(bootstrapInterval(values, 7)).toEqual([low, high]);
  });

  it('is a point where all are equal', () => expect(bootstrapInterval([1, 1, 1], 0)).toEqual([1, 1]));
});

it('means and quantiles', () => {
  expect(mean([1, 2, 6])).toBe(3);
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([5], 0.9)).toBe(5);
  expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 0.9)).toBe(10);
});
