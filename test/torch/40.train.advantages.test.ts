/** Group-normalised advantages against Python's statistics module. */
import { describe, expect, test } from 'vitest';
import { computeAdvantages } from '../../bindings/torch.js';
import { readFixture } from './support/fixtures.js';

interface Case {
  name: string;
  rewards: (number | null)[];
  groupSizes: number[];
  advantages: Record<'group' | 'batch' | 'none', number[]>;
  mean: (number | null)[];
  std: (number | null)[];
}
const { cases } = readFixture<{ cases: Case[] }>('train', 'advantages.json');
const numbers = (values: (number | null)[]) => values.map((value) => value ?? NaN);

function expectClose(actual: Float64Array, expected: number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    if (Number.isNaN(value)) expect(actual[i]).toBeNaN();
    else expect(Math.abs(actual[i]! - value), `entry ${i}`).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)));
  });
}

describe.each(cases)('$name', ({ rewards, groupSizes, advantages, mean, std }) => {
  const compute = (scale: 'group' | 'batch' | 'none') =>
    computeAdvantages(Float64Array.from(numbers(rewards)), Int32Array.from(groupSizes), scale);

  test.each(['group', 'batch', 'none'] as const)('divided by the spread of: %s', (scale) => {
    expectClose(compute(scale).advantages, advantages[scale]);
  });

  test('mean and population standard deviation', () => {
    const result = compute('group');
    expectClose(result.mean, numbers(mean));
    expectClose(result.std, numbers(std));
  });
});

test('equal rewards give exactly 0, whatever number they are', () => {
  for (const reward of [0.1, 0.7, 1 / 3, 1e-9, 123456.789, -1]) {
    for (const size of [2, 3, 7, 8, 64]) {
      const { advantages } = computeAdvantages(new Float64Array(size).fill(reward), Int32Array.of(size), 'group');
      expect(advantages).toEqual(new Float64Array(size));
    }
  }
});

test('an infinite reward is left out as NaN is', () => {
  const rewards = Float64Array.of(0, 1, Infinity);
  const { advantages, mean } = computeAdvantages(rewards, Int32Array.of(3), 'group');
  expect([...advantages]).toEqual([-1, 1, 0]);
  expect([...mean]).toEqual([0.5]);
});

test('group sizes that do not add up are refused', () => {
  expect(() => computeAdvantages(new Float64Array(5), Int32Array.of(2, 2), 'group')).toThrow(/5/);
  expect(() => computeAdvantages(new Float64Array(2), Int32Array.of(2, 0), 'group')).toThrow(/groupSizes/);
});
