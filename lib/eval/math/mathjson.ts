import { evaluateExact } from './exact.js';
import type { Expr, FunctionName } from './expr.js';
import type { Rational } from './rational.js';

/** The part of MathJSON that scalar expressions need. */
export type MathJson = string | number | { num: string } | [string, ...MathJson[]];

const HEADS: Partial<Record<FunctionName, string>> = {
  sin: 'Sin',
  cos: 'Cos',
  tan: 'Tan',
  cot: 'Cot',
  sec: 'Sec',
  csc: 'Csc',
  asin: 'Arcsin',
  acos: 'Arccos',
  atan: 'Arctan',
  sinh: 'Sinh',
  cosh: 'Cosh',
  tanh: 'Tanh',
  asinh: 'Arsinh',
  acosh: 'Arcosh',
  atanh: 'Artanh',
  ln: 'Ln',
  log: 'Log',
  root: 'Root',
  abs: 'Abs',
  floor: 'Floor',
  ceil: 'Ceil',
  factorial: 'Factorial',
  binomial: 'Binomial',
  min: 'Min',
  max: 'Max',
  gcd: 'GCD',
  lcm: 'LCM',
  exp: 'Exp',
};

/**
 * A scalar expression as MathJSON, variables by the number `rename` gives them (their LaTeX names mean things to the engine);
 * null when it holds anything the engine should not be asked about.
 */
export function toMathJson(expr: Expr, rename: ReadonlyMap<string, string>): MathJson | null {
  const exact = evaluateExact(expr, new Map());
  if (exact) return fraction(exact);
  switch (expr.kind) {
    case 'symbol':
      return rename.get(expr.name) ?? null;
    case 'constant':
      return expr.name === 'pi' ? 'Pi' : expr.name === 'e' ? 'ExponentialE' : 'ImaginaryUnit';
    case 'add':
      return apply('Add', expr.terms, rename);
    case 'multiply':
      return apply('Multiply', expr.factors, rename);
    case 'negate':
      return apply('Negate', [expr.arg], rename);
    case 'divide':
      return apply('Divide', [expr.num, expr.den], rename);
    case 'power':
      return apply('Power', [expr.base, expr.exponent], rename);
    case 'call':
      return call(expr.name, expr.args, rename);
    default:
      return null;
  }
}

function fraction({ num, den }: Rational): MathJson {
  return den === 1n ? { num: String(num) } : ['Rational', { num: String(num) }, { num: String(den) }];
}

function apply(head: string, parts: readonly Expr[], rename: ReadonlyMap<string, string>): MathJson | null {
  const json = parts.map((part) => toMathJson(part, rename));
  return json.includes(null) ? null : [head, ...(json as MathJson[])];
}

function call(name: FunctionName, args: readonly Expr[], rename: ReadonlyMap<string, string>): MathJson | null {
  if (name === 'root' && args[1]!.kind === 'number' && args[1]!.text === '2') return apply('Sqrt', [args[0]!], rename);
  const head = HEADS[name];
  return head ? apply(head, args, rename) : null;
}
