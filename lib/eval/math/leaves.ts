import type { Expr, FunctionName } from './expr.js';
import { ParseError } from './lexer.js';
import { divide, parseDecimal, type Rational, rational } from './rational.js';

const NAMED_SETS: Readonly<Record<string, 'R' | 'Z' | 'N' | 'Q' | 'C'>> = { R: 'R', Z: 'Z', N: 'N', Q: 'Q', C: 'C' };

export function times(left: Expr, right: Expr, written: (Expr & { kind: 'multiply' })['written']): Expr {
  const factors = left.kind === 'multiply' && left.written === written ? left.factors : [left];
  return { kind: 'multiply', factors: [...factors, right], written };
}

export function letter(name: string): Expr {
  if (name === 'pi' || name === 'e' || name === 'i') return { kind: 'constant', name };
  return { kind: 'symbol', name };
}

export function namedSet(name: string): Expr {
  const known = NAMED_SETS[name];
  return known ? { kind: 'namedSet', name: known } : { kind: 'symbol', name };
}

/** A symbol with a subscript, prime or accent is another symbol. */
export function decorate(base: Expr, mark: string): Expr {
  if (base.kind === 'symbol' || base.kind === 'constant' || base.kind === 'namedSet')
    return { kind: 'symbol', name: base.name + mark };
  if (base.kind === 'multiply' && base.factors.every((factor) => factor.kind === 'symbol')) {
    return { kind: 'symbol', name: base.factors.map((factor) => (factor as { name: string }).name).join('') + mark };
  }
  throw new ParseError('mark on something that is no name');
}

export function numeral(text: string): Expr {
  const point = text.indexOf('.');
  const exponent = /[eE]/.test(text);
  const decimals = point < 0 && !exponent ? null : Math.max(0, text.replace(/[eE].*/, '').length - 1 - point);
  return { kind: 'number', value: parseDecimal(text), text, decimals };
}

/** 0.1(6): the digits before the period, then the period over 9…90…0. */
export function repeating(text: string, period: string): Expr {
  const [whole = '', fixed = ''] = text.split('.');
  const value = rational(
    BigInt(whole + fixed + period) - BigInt(`0${whole}${fixed}`),
    (10n ** BigInt(period.length) - 1n) * 10n ** BigInt(fixed.length),
  );
  return { kind: 'number', value, text: `${text}(${period})`, decimals: null };
}

export function isProper(num: Expr, den: Expr): boolean {
  if (num.kind !== 'number' || den.kind !== 'number' || num.decimals !== null || den.decimals !== null) return false;
  const quotient: Rational | null = num.value && den.value && divide(num.value, den.value);
  return quotient !== null && quotient.num > 0n && quotient.num < quotient.den;
}

export function isMinusOne(expr: Expr): boolean {
  return expr.kind === 'negate' && expr.arg.kind === 'number' && expr.arg.text === '1';
}

export function call(name: string, arg: Expr, base: Expr | null): Expr {
  const args = arg.kind === 'list' ? arg.items : [arg];
  if (name === 'exp') return { kind: 'power', base: { kind: 'constant', name: 'e' }, exponent: arg };
  if (base && name !== 'log' && name !== 'ln') throw new ParseError(`subscript on ${name}`);
  if (base) return { kind: 'call', name: 'log', args: [arg, base] };
  return { kind: 'call', name: (name === 'log' ? 'ln' : name) as FunctionName, args };
}
