/** Exact fractions of BigInts, with a bound on their size so that no input can make them grow without end. */

export interface Rational {
  readonly num: bigint;
  /** Always positive, coprime with `num`. */
  readonly den: bigint;
}

/** Fractions whose numerator or denominator would have more decimal digits than this are given up (null). */
const MAX_DIGITS = 2000;
const LIMIT = 10n ** BigInt(MAX_DIGITS);
const LOG2_LIMIT = MAX_DIGITS * Math.log2(10);

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a < 0n ? -a : a;
}

/** The fraction num/den in lowest terms; null for a zero denominator or a fraction too large to keep. */
export function rational(num: bigint, den = 1n): Rational | null {
  if (den === 0n) return null;
  if (den < 0n) [num, den] = [-num, -den];
  if (num > LIMIT || num < -LIMIT || den > LIMIT) return null;
  const divisor = den === 1n ? 1n : gcd(num, den);
  return { num: num / divisor, den: den / divisor };
}

/** A decimal numeral such as `12`, `.5`, `3.` or `4.5e33` as the exact fraction it writes; null when it is too large. */
export function parseDecimal(text: string): Rational | null {
  const match = /^(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) return null;
  const [, whole = '', fraction = '', exponentText = '0'] = match;
  if (whole.length + fraction.length === 0 || whole.length + fraction.length > MAX_DIGITS) return null;
  const exponent = Number(exponentText) - fraction.length;
  if (Math.abs(exponent) > MAX_DIGITS) return null;
  const digits = BigInt(whole + fraction);
  return exponent >= 0 ? rational(digits * 10n ** BigInt(exponent)) : rational(digits, 10n ** BigInt(-exponent));
}

export const ZERO: Rational = { num: 0n, den: 1n };

export function add(a: Rational, b: Rational): Rational | null {
  return rational(a.num * b.den + b.num * a.den, a.den * b.den);
}

export function negate(a: Rational): Rational {
  return { num: -a.num, den: a.den };
}

export function multiply(a: Rational, b: Rational): Rational | null {
  return rational(a.num * b.num, a.den * b.den);
}

export function divide(a: Rational, b: Rational): Rational | null {
  return rational(a.num * b.den, a.den * b.num);
}

/** a to an integer power; null for 0 to a negative power and for results beyond the size bound. */
export function power(a: Rational, exponent: bigint): Rational | null {
  const size = exponent < 0n ? -exponent : exponent;
  if (isUnit(a)) return a.num === 1n || size % 2n === 0n ? { num: 1n, den: 1n } : a;
  if (a.num === 0n) return exponent > 0n ? ZERO : exponent === 0n ? { num: 1n, den: 1n } : null;
  const bits = Math.max(bitLength(a.num), bitLength(a.den));
  if (size > 100_000n || (bits - 1) * Number(size) > LOG2_LIMIT) return null;
  return exponent < 0n ? rational(a.den ** size, a.num ** size) : rational(a.num ** size, a.den ** size);
}

function isUnit(a: Rational): boolean {
  return a.den === 1n && (a.num === 1n || a.num === -1n);
}

function bitLength(n: bigint): number {
  return (n < 0n ? -n : n).toString(16).length * 4;
}

/** The exact k-th root when it is a fraction, the real one for odd k; null otherwise. */
export function root(a: Rational, k: bigint): Rational | null {
  if (k <= 0n || k > 64n || (a.num < 0n && k % 2n === 0n)) return null;
  const num = integerRoot(a.num < 0n ? -a.num : a.num, k);
  const den = integerRoot(a.den, k);
  if (num === null || den === null) return null;
  return { num: a.num < 0n ? -num : num, den };
}

/** Newton's iteration from above; null when n is no perfect k-th power. */
function integerRoot(n: bigint, k: bigint): bigint | null {
  if (n < 2n) return n;
  let x = 1n << BigInt(Math.ceil(bitLength(n) / Number(k)) + 1);
  for (;;) {
    const next = ((k - 1n) * x + n / x ** (k - 1n)) / k;
    if (next >= x) break;
    x = next;
  }
  return x ** k === n ? x : null;
}

export function equal(a: Rational, b: Rational): boolean {
  return a.num === b.num && a.den === b.den;
}

/** Nearest double; keeps 17 digits for fractions whose parts overflow a double. */
export function toNumber(a: Rational): number {
  const direct = Number(a.num) / Number(a.den);
  if (Number.isFinite(direct) && Number(a.den) < 1e300) return direct;
  const shift = bitLength(a.num) - bitLength(a.den);
  const scaled = shift > 0 ? (a.num << 80n) / (a.den << BigInt(shift)) : (a.num << BigInt(80 - shift)) / a.den;
  return (Number(scaled) / 2 ** 80) * 2 ** shift;
}
