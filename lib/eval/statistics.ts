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

/** The 97.5 % quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/**
 * 95 % interval of the mean over problems, where `shares` has each problem's share of right answers among `samples`:
 * Wilson's score interval (1927), which also means something for few problems and for none or all of them right.
 */
export function wilsonInterval(shares: readonly number[], samples: number): [low: number, high: number] {
  const p = mean(shares);
  const n = effectiveAnswers(shares, samples);
  const centre = p + Z ** 2 / (2 * n);
  const half = Z * Math.sqrt((p * (1 - p)) / n + (Z / (2 * n)) ** 2);
  const scale = 1 + Z ** 2 / n;
  // The ends that are exact must not suffer from rounding.
  return [p <= 0 ? 0 : (centre - half) / scale, p >= 1 ? 1 : (centre + half) / scale];
}

/**
 * How many independent answers say as much as these. Answers to the same problem are alike: they count for what the
 * variance between problems leaves of them (Kish 1965), less where few problems tell that variance (Korn and Graubard
 * 1998), but never for less than one answer a problem.
 */
function effectiveAnswers(shares: readonly number[], samples: number): number {
  const problems = shares.length;
  const p = mean(shares);
  if (problems === 1 || p <= 0 || p >= 1) return problems; // nothing is known of the variance
  const variance = shares.reduce((sum, share) => sum + (share - p) ** 2, 0) / (problems - 1) / problems;
  const answers = Math.min((p * (1 - p)) / variance, problems * samples);
  return Math.max(answers * (Z / studentQuantile(problems - 1)) ** 2, problems);
}

/** The 97.5 % quantile of Student's distribution, within 0.2 % from three degrees of freedom on (Abramowitz and Stegun, 26.7.5). */
function studentQuantile(degrees: number): number {
  const terms = [
    (Z ** 3 + Z) / 4,
    (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96,
    (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384,
    (79 * Z ** 9 + 776 * Z ** 7 + 1482 * Z ** 5 - 1920 * Z ** 3 - 945 * Z) / 92_160,
  ];
  return terms.reduce((sum, term, i) => sum + term / degrees ** (i + 1), Z);
}
