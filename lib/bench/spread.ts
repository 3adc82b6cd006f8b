/** Median and range of repetitions. */
import { quantile } from '../eval/statistics.js';

export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), min: Math.min(...values), max: Math.max(...values) };
}

/** Of the ratios of values measured one right after the other, so that what slowed both cancels out. */
export function ratioSpread(numerators: readonly number[], denominators: readonly number[]): Spread {
  return spread(numerators.map((numerator, i) => numerator / denominators[i]!));
}
