import * as C from './complex.js';
import { evaluateExact } from './exact.js';
import { type Expr, symbolsOf } from './expr.js';
import { type Approximation, agree, approximate } from './numeric.js';
import { generator, randomFraction, randomPoint } from './random.js';
import type { Rational } from './rational.js';
import * as Q from './rational.js';

const POINTS = 6;

/**
 * Is a a constant multiple of b, so that `a = 0` and `b = 0` are one equation? With `positive` the factor must be positive, as
 * an inequality needs. Compared at random points: exactly where both are fractions there, else in doubles.
 */
export function isMultiple(a: Expr, b: Expr, positive: boolean): boolean | null {
  const names = [...symbolsOf(a)];
  const other = symbolsOf(b);
  if (names.length === 0 || names.length !== other.size || !names.every((name) => other.has(name))) return false;
  return multipleExactly(a, b, names, positive) ?? multipleNumerically(a, b, names, positive);
}

function multipleExactly(a: Expr, b: Expr, names: readonly string[], positive: boolean): boolean | null {
  const random = generator(3);
  let factor: Rational | null = null;
  let agreed = 0;
  for (let i = 0; i < 3 * POINTS && agreed < POINTS; i++) {
    const at = new Map(names.map((name) => [name, randomFraction(random)]));
    const [x, y] = [evaluateExact(a, at), evaluateExact(b, at)];
    if (!x || !y) {
      if (i >= POINTS && agreed === 0) return null;
      continue;
    }
    const ratio = Q.divide(x, y);
    if (!ratio || ratio.num === 0n || (factor && !Q.equal(factor, ratio))) return false;
    factor = ratio;
    agreed++;
  }
  if (!factor || agreed < POINTS) return null;
  return !positive || factor.num > 0n;
}

function multipleNumerically(a: Expr, b: Expr, names: readonly string[], positive: boolean): boolean | null {
  const random = generator(4);
  let factor: Approximation | null = null;
  let agreed = 0;
  for (let i = 0; i < 3 * POINTS && agreed < POINTS; i++) {
    const at = new Map(names.map((name) => [name, randomPoint(random, i)]));
    const [x, y] = [approximate(a, at), approximate(b, at)];
    if (!x || !y || C.modulus(x.value) < 1e-9 || C.modulus(y.value) < 1e-9) continue;
    const value = C.divide(x.value, y.value);
    const relative = x.error / C.modulus(x.value) + y.error / C.modulus(y.value);
    const ratio = { value, error: relative * C.modulus(value) };
    const verdict = factor ? agree(factor, ratio) : true;
    if (verdict === false) return false;
    if (verdict) agreed++;
    factor ??= ratio;
  }
  if (!factor || agreed < POINTS) return null;
  return !positive || (Math.abs(factor.value.im) <= factor.error && factor.value.re > 0);
}
