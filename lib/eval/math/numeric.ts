import type { Complex } from './complex.js';
import * as C from './complex.js';
import { evaluateExact } from './exact.js';
import { type Expr, type FunctionName, integer } from './expr.js';
import { toNumber } from './rational.js';

/** A value with a bound on what rounding has done to it so far. */
export interface Approximation {
  value: Complex;
  error: number;
}

const EPSILON = 2 ** -52;
/** Underflow to zero would pass a tiny number for nothing: it counts as undefined, like overflow. */
const TINY = 1e-280;

/**
 * Value of an expression in complex doubles, with running error analysis: each operation adds its rounding and carries
 * its operands' errors on. Null where it is undefined, overflows, underflows, or is no number at all.
 */
export function approximate(expr: Expr, at: ReadonlyMap<string, number>): Approximation | null {
  switch (expr.kind) {
    case 'number':
      return expr.value && exactly(toNumber(expr.value));
    case 'based':
      return exactly(Number.parseInt(expr.digits, expr.base));
    case 'symbol': {
      const value = at.get(expr.name);
      return value === undefined ? null : exactly(value);
    }
    case 'constant':
      return expr.name === 'i' ? { value: C.complex(0, 1), error: 0 } : exactly(expr.name === 'pi' ? Math.PI : Math.E);
    case 'negate':
      return apply([expr.arg], at, ([a]) => C.negate(a!));
    case 'percent':
      return apply([expr.arg], at, ([a]) => C.divide(a!, C.complex(100)));
    case 'degrees':
      return apply([expr.arg], at, ([a]) => C.multiply(a!, C.complex(Math.PI / 180)));
    case 'add':
      return apply(expr.terms, at, (terms) => terms.reduce(C.add), sumError);
    case 'multiply':
      return nonZero(
        expr.factors,
        apply(expr.factors, at, (factors) => factors.reduce(C.multiply)),
        at,
      );
    case 'divide':
      return nonZero(
        [expr.num],
        apply([expr.num, expr.den], at, ([a, b]) => C.divide(a!, b!)),
        at,
      );
    case 'ratio':
      return expr.parts.length === 2 ? apply(expr.parts, at, ([a, b]) => C.divide(a!, b!)) : null;
    case 'power':
      return power(expr.base, expr.exponent, at);
    case 'call':
      return call(expr.name, expr.args, at);
    default:
      return null;
  }
}

function exactly(value: number): Approximation | null {
  return Number.isFinite(value) ? { value: C.complex(value), error: Math.abs(value) * EPSILON } : null;
}

/** Cancellation: the rounding of a sum is that of its largest term. */
function sumError(terms: Approximation[]): number {
  return terms.reduce((sum, term) => sum + C.modulus(term.value) * EPSILON, 0);
}

/** Apply a function to evaluated parts; how far each part's error moves the result is measured by moving that part. */
function apply(
  parts: readonly Expr[],
  at: ReadonlyMap<string, number>,
  f: (values: Complex[]) => Complex,
  ownError: (parts: Approximation[], size: number) => number = () => 0,
): Approximation | null {
  const evaluated: Approximation[] = [];
  for (const part of parts) {
    const approximation = approximate(part, at);
    if (!approximation) return null;
    evaluated.push(approximation);
  }
  const values = evaluated.map((part) => part.value);
  const value = f(values);
  const size = C.modulus(value);
  if (!C.isDefined(value) || (size < TINY && size > 0)) return null;
  let error = size * EPSILON * 2 + ownError(evaluated, size);
  evaluated.forEach((part, i) => {
    if (part.error === 0) return;
    const moved = f(values.map((v, j) => (i === j ? C.complex(v.re + part.error, v.im) : v)));
    const shift = C.modulus(C.subtract(moved, value));
    error += Number.isFinite(shift) ? shift : Number.POSITIVE_INFINITY;
  });
  return { value, error };
}

/** Odd roots of negative reals are real: (−8)^(1/3) = −2, as school mathematics has it. */
function power(base: Expr, exponent: Expr, at: ReadonlyMap<string, number>): Approximation | null {
  const exact = evaluateExact(exponent, new Map());
  const odd = exact !== null && exact.den > 1n && exact.den % 2n === 1n;
  const raise = ([a, b]: Complex[]) =>
    odd && isNegative(a!) ? realPower(a!.re, b!.re, exact.num % 2n === 0n) : C.pow(a!, b!);
  return nonZero([base], apply([base, exponent], at, raise, powerError), at);
}

/** exp(b ln a) rounds its argument first. */
function powerError([a, b]: Approximation[], size: number): number {
  const argument = C.modulus(C.multiply(b!.value, C.ln(a!.value)));
  return Number.isFinite(argument) ? argument * size * EPSILON : 0;
}

function isNegative(a: Complex): boolean {
  return a.im === 0 && a.re < 0;
}

function realPower(base: number, exponent: number, even: boolean): Complex {
  const size = (-base) ** exponent;
  return C.complex(even ? size : -size);
}

/** What is made by products and powers of non-zero parts is never zero: if it is, it underflowed and is given up. */
function nonZero(parts: Expr[], result: Approximation | null, at: ReadonlyMap<string, number>): Approximation | null {
  if (result === null || C.modulus(result.value) > 0) return result;
  return parts.every((part) => C.modulus(approximate(part, at)?.value ?? C.complex(1)) > 0) ? null : result;
}

const ONE_ARGUMENT: Partial<Record<FunctionName, (a: Complex) => Complex>> = {
  sin: C.sin,
  cos: C.cos,
  tan: (a) => C.divide(C.sin(a), C.cos(a)),
  cot: (a) => C.divide(C.cos(a), C.sin(a)),
  sec: (a) => C.divide(C.complex(1), C.cos(a)),
  csc: (a) => C.divide(C.complex(1), C.sin(a)),
  asin: C.asin,
  acos: C.acos,
  atan: C.atan,
  acot: (a) => C.atan(C.divide(C.complex(1), a)),
  asec: (a) => C.acos(C.divide(C.complex(1), a)),
  acsc: (a) => C.asin(C.divide(C.complex(1), a)),
  sinh: C.sinh,
  cosh: C.cosh,
  tanh: (a) => C.divide(C.sinh(a), C.cosh(a)),
  asinh: C.asinh,
  acosh: C.acosh,
  atanh: C.atanh,
  exp: C.exp,
  ln: C.ln,
  abs: (a) => C.complex(C.modulus(a)),
  re: (a) => C.complex(a.re),
  im: (a) => C.complex(a.im),
  conjugate: (a) => C.complex(a.re, -a.im),
  sign: real(Math.sign),
  floor: real(Math.floor),
  ceil: real(Math.ceil),
  factorial: real(C.factorial),
};

function real(f: (x: number) => number): (a: Complex) => Complex {
  return (a) => C.complex(a.im === 0 ? f(a.re) : Number.NaN);
}

function call(name: FunctionName, args: readonly Expr[], at: ReadonlyMap<string, number>): Approximation | null {
  if (name === 'root') return power(args[0]!, { kind: 'divide', num: integer(1), den: args[1]! }, at);
  if (name === 'log' && args.length === 2) return apply(args, at, ([x, base]) => C.divide(C.ln(x!), C.ln(base!)));
  if (name === 'binomial') return apply(args, at, ([n, k]) => C.complex(binomial(n!, k!)));
  if (name === 'min' || name === 'max')
    return apply(args, at, (values) => C.complex(Math[name](...values.map((v) => (v.im === 0 ? v.re : Number.NaN)))));
  const f = ONE_ARGUMENT[name];
  return f && args.length === 1 ? apply(args, at, ([a]) => f(a!)) : null;
}

function binomial(n: Complex, k: Complex): number {
  if (n.im !== 0 || k.im !== 0) return Number.NaN;
  return C.factorial(n.re) / (C.factorial(k.re) * C.factorial(n.re - k.re));
}

/** Do two approximations agree within their errors (true), differ beyond them (false), or is it too close to say (null)? */
export function agree(a: Approximation, b: Approximation): boolean | null {
  const gap = C.modulus(C.subtract(a.value, b.value));
  const error = a.error + b.error;
  const size = Math.max(C.modulus(a.value), C.modulus(b.value));
  if (!Number.isFinite(error)) return null;
  if (gap > 64 * error && gap > 1e-11 * size) return false;
  if (gap > 16 * error + 1e-13 * size) return null;
  return error < 1e-7 * Math.max(size, 1e-3) ? true : null;
}
