/** How far apart two vectors are, and the arithmetic of distributions that the sampler's tests need. */

export function maxAbs(values: Iterable<number>): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Number.isNaN(value) ? Infinity : Math.abs(value));
  return largest;
}

/** Largest difference, in units of the largest expected value; infinite where the lengths differ or a value is NaN. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  return maxAbs(Array.from(expected, (value, i) => actual[i]! - value)) / maxAbs(Array.from(expected));
}

/** Root mean square of the difference, in units of that of the expected values. */
export function rmsError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  const squares = (values: number[]) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(Array.from(expected, (value, i) => actual[i]! - value)) / squares(Array.from(expected)));
}

/** Largest absolute difference; infinite where the lengths differ or a value is NaN. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  return maxAbs(Array.from(expected, (value, i) => actual[i]! - value));
}

export function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** log softmax(logits / temperature), in float64. */
export function logSoftmax(logits: ArrayLike<number>, temperature = 1): number[] {
  const scaled = Array.from(logits, (logit) => logit / temperature);
  const largest = Math.max(...scaled);
  const logSum = largest + Math.log(scaled.reduce((sum, value) => sum + Math.exp(value - largest), 0));
  return scaled.map((value) => value - logSum);
}

/** Pearson's statistic of observed counts against probabilities; outcomes expected less than 5 times are pooled. */
export function chiSquare(counts: number[], probabilities: number[]): { statistic: number; degrees: number } {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let pooledCount = 0;
  let pooledExpected = 0;
  let statistic = 0;
  let degrees = -1;
  counts.forEach((count, i) => {
    const expected = total * probabilities[i]!;
    if (expected < 5) {
      pooledCount += count;
      pooledExpected += expected;
    } else {
      statistic += (count - expected) ** 2 / expected;
      degrees += 1;
    }
  });
  if (pooledExpected > 0) {
    statistic += (pooledCount - pooledExpected) ** 2 / pooledExpected;
    degrees += 1;
  }
  return { statistic, degrees };
}
