import type { Expr, FunctionName } from './expr.js';
import type { Rational } from './rational.js';
import * as Q from './rational.js';

type Values = ReadonlyMap<string, Rational>;

/**
 * Value of an expression as an exact fraction, its variables given; null where it is irrational, undefined, too large, or no
 * number at all. Roots are taken where they come out even.
 */
export function evaluateExact(expr: Expr, at: Values): Rational | null {
  switch (expr.kind) {
    case 'number':
      return expr.value;
    case 'symbol':
      return at.get(expr.name) ?? null;
    case 'based':
      return fromDigits(expr.digits, expr.base);
    case 'negate':
      return map(evaluateExact(expr.arg, at), Q.negate);
    case 'percent':
      return map(evaluateExact(expr.arg, at), (value) => Q.divide(value, { num: 100n, den: 1n }));
    case 'add':
      return fold(expr.terms, at, Q.add);
    case 'multiply':
      return fold(expr.factors, at, Q.multiply);
    case 'divide':
      return fold([expr.num, expr.den], at, Q.divide);
    case 'ratio':
      return expr.parts.length === 2 ? fold(expr.parts, at, Q.divide) : null;
    case 'power':
      return fold([expr.base, expr.exponent], at, power);
    case 'call':
      return call(expr.name, expr.args, at);
    default:
      return null;
  }
}

function map(value: Rational | null, f: (value: Rational) => Rational | null): Rational | null {
  return value === null ? null : f(value);
}

function fold(parts: readonly Expr[], at: Values, f: (a: Rational, b: Rational) => Rational | null): Rational | null {
  let result: Rational | null = null;
  for (const [i, part] of parts.entries()) {
    const value = evaluateExact(part, at);
    if (value === null) return null;
    result = i === 0 ? value : f(result!, value);
    if (result === null) return null;
  }
  return result;
}

function power(base: Rational, exponent: Rational): Rational | null {
  const root = exponent.den === 1n ? base : Q.root(base, exponent.den);
  return root && Q.power(root, exponent.num);
}

function fromDigits(digits: string, base: number): Rational | null {
  let value = 0n;
  for (const digit of digits) {
    const d = Number.parseInt(digit, base);
    if (Number.isNaN(d)) return null;
    value = value * BigInt(base) + BigInt(d);
  }
  return Q.rational(value);
}

function call(name: FunctionName, args: readonly Expr[], at: Values): Rational | null {
  const values = args.map((arg) => evaluateExact(arg, at));
  if (values.some((value) => value === null)) return null;
  const [a, b] = values as Rational[];
  switch (name) {
    case 'root':
      return b!.den === 1n && b!.num > 0n ? Q.root(a!, b!.num) : null;
    case 'abs':
      return a!.num < 0n ? Q.negate(a!) : a!;
    case 'floor':
      return { num: floor(a!), den: 1n };
    case 'ceil':
      return { num: -floor(Q.negate(a!)), den: 1n };
    case 'factorial':
      return a!.den === 1n && a!.num >= 0n && a!.num <= 500n ? Q.rational(factorial(a!.num)) : null;
    case 'binomial':
      return a!.den === 1n && b!.den === 1n ? binomial(a!.num, b!.num) : null;
    case 'min':
    case 'max':
      return (values as Rational[]).reduce((x, y) => (x.num * y.den < y.num * x.den === (name === 'min') ? x : y));
    case 'gcd':
      return (values as Rational[]).every((v) => v.den === 1n)
        ? Q.rational((values as Rational[]).map((v) => v.num).reduce(gcd))
        : null;
    default:
      return null;
  }
}

function floor(a: Rational): bigint {
  const quotient = a.num / a.den;
  return a.num % a.den < 0n ? quotient - 1n : quotient;
}

function factorial(n: bigint): bigint {
  let product = 1n;
  for (let i = 2n; i <= n; i++) product *= i;
  return product;
}

function binomial(n: bigint, k: bigint): Rational | null {
  if (k < 0n || n < 0n || n > 2000n) return null;
  if (k > n) return Q.ZERO;
  let result = 1n;
  for (let i = 0n; i < k; i++) result = (result * (n - i)) / (i + 1n);
  return Q.rational(result);
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a < 0n ? -a : a;
}
