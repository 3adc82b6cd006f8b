import { generator } from './math/random.js';

/**
 * Unbiased estimate of the chance that at least one of k samples is right, from n samples of which c are:
 * 1 − C(n − c, k) / C(n, k), as a product that does not overflow (Chen et al. 2021, "Evaluating Large Language Models
 * Trained on Code", Eq. 1).
 *
 * @throws RangeError unless 1 ≤ k ≤ n and 0 ≤ c ≤ n
 */
export function passAtK(n: number, c: number, k: number): number {
  if (!(k >= 1 && k <= n && c >= 0 && c <= n)) throw new RangeError(`pass@${k} of ${c} right among ${n}`);
  if (n - c < k) return 1;
  let allWrong = 1;
  for (let i = n - c + 1; i <= n; i++) allWrong *= 1 - k / i;
  return 1 - allWrong;
}

/** The k for which pass@k is reported: powers of two up to n, and n. */
export function passPoints(n: number): number[] {
  const points: number[] = [];
  for (let k = 1; k < n; k *= 2) points.push(k);
  return [...points, n];
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996). */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return low + (high - low) * (position - below);
}

const RESAMPLES = 2000;

/**
 * 95 % percentile bootstrap interval of the mean (Efron 1979): problems are drawn anew with replacement, each with all its
 * samples, so that the interval covers the choice of problems. The same seed gives the same interval.
 */
export function bootstrapInterval(values: readonly number[], seed: number): [low: number, high: number] {
  const random = generator(seed);
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[Math.floor(random() * values.length)]!;
    return sum / values.length;
  });
  return [quantile(means, 0.025), quantile(means, 0.975)];
}
