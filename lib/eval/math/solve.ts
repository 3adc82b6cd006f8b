import { evaluateExact } from './exact.js';
import { type Expr, integer, type RelationOp, subtract, symbolsOf } from './expr.js';
import { approximate } from './numeric.js';
import { type Rational, rational } from './rational.js';
import {
  complement,
  type End,
  intersection,
  MINUS_INFINITY,
  minus,
  PLUS_INFINITY,
  point,
  preimage,
  preimageOfAbs,
  REALS,
  type Region,
  union,
} from './region.js';

/**
 * The set of reals that an expression describes: intervals, finite sets and their unions; inequalities in one variable that
 * stands alone, linearly, or inside |…|. Null when it is none of these or an end has no real value.
 */
export function toRegion(expr: Expr): Region | null {
  switch (expr.kind) {
    case 'namedSet':
      return expr.name === 'R' ? REALS : expr.name === 'empty' ? [] : null;
    case 'setOperation':
      return operation(expr);
    case 'list':
      return expr.open === '{' || expr.open === '' ? points(expr.items) : interval(expr);
    case 'relation':
      return relation(expr.ops, expr.args);
    case 'setBuilder':
      return symbolsOf(expr.condition).size === 1 ? toRegion(expr.condition) : null;
    default:
      return null;
  }
}

function operation(expr: Expr & { kind: 'setOperation' }): Region | null {
  const left = toRegion(expr.left);
  const right = left && toRegion(expr.right);
  if (!left || !right) return null;
  return expr.op === 'union'
    ? union(left, right)
    : expr.op === 'intersection'
      ? intersection(left, right)
      : minus(left, right);
}

/** A finite set, or a list of intervals, as one region. */
function points(items: readonly Expr[]): Region | null {
  let region: Region = [];
  for (const item of items) {
    const value = realValue(item);
    const part = value === null ? toRegion(item) : [point(item, value)];
    if (!part) return null;
    region = union(region, part);
  }
  return region;
}

function interval(expr: Expr & { kind: 'list' }): Region | null {
  if (expr.items.length !== 2) return null;
  const low = toEnd(expr.items[0]!, expr.open === '[');
  const high = toEnd(expr.items[1]!, expr.close === ']');
  if (!low || !high || low.value > high.value || low.value === Number.POSITIVE_INFINITY) return null;
  return union([{ low, high }], []);
}

function toEnd(expr: Expr, closed: boolean): End | null {
  if (expr.kind === 'infinity') return PLUS_INFINITY;
  if (expr.kind === 'negate' && expr.arg.kind === 'infinity') return MINUS_INFINITY;
  const value = realValue(expr);
  return value === null ? null : { expr, value, closed };
}

/** Real value of an expression without variables. */
export function realValue(expr: Expr): number | null {
  const approximation = approximate(expr, new Map());
  return approximation && approximation.value.im === 0 ? approximation.value.re : null;
}

/** A chain of inequalities: the common part of its links. */
function relation(ops: readonly RelationOp[], args: readonly Expr[]): Region | null {
  let region: Region = REALS;
  for (const [i, op] of ops.entries()) {
    const link = linkRegion(args[i]!, op, args[i + 1]!);
    if (!link) return null;
    region = intersection(region, link);
  }
  const names = new Set(args.flatMap((arg) => [...symbolsOf(arg)]));
  return names.size === 1 ? region : null;
}

function linkRegion(left: Expr, op: RelationOp, right: Expr): Region | null {
  if (op === 'in' || op === 'notin') {
    const set = toRegion(right);
    const region = set && (op === 'in' ? set : complement(set));
    return region && solve(left, region);
  }
  if (symbolsOf(right).size === 0) return withBound(left, op, right);
  return withBound(right, MIRROR[op] ?? op, left);
}

const MIRROR: Partial<Record<RelationOp, RelationOp>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

/** `formula op bound`, bound a constant or infinite; two formulas are first brought to one side. */
function withBound(formula: Expr, op: RelationOp, bound: Expr): Region | null {
  if (symbolsOf(bound).size > 0) return withBound(subtract(formula, bound), op, integer(0));
  const end = toEnd(bound, op === '<=' || op === '>=');
  if (!end) return null;
  if (op === '!=') return solve(formula, complement([point(bound, end.value)]));
  if (op === '<' || op === '<=') return solve(formula, [{ low: MINUS_INFINITY, high: end }]);
  return op === '>' || op === '>=' ? solve(formula, [{ low: end, high: PLUS_INFINITY }]) : null;
}

/** The values of the one variable for which the formula lies in the region. */
function solve(formula: Expr, region: Region): Region | null {
  if (formula.kind === 'symbol') return region;
  const names = [...symbolsOf(formula)];
  if (names.length !== 1) return null;
  if (formula.kind === 'call' && formula.name === 'abs') return solve(formula.args[0]!, preimageOfAbs(region));
  const line = asLine(formula, names[0]!);
  return line && preimage(region, line.slope, line.shift);
}

/** Slope and value at zero of a formula that is linear in the variable with rational coefficients. */
function asLine(formula: Expr, name: string) {
  const at = (x: bigint): Rational | null => evaluateExact(formula, new Map([[name, { num: x, den: 1n }]]));
  const values = [at(0n), at(1n), at(5n), at(-7n)];
  if (values.some((value) => value === null)) return null;
  const [zero, one, five, minusSeven] = values as [Rational, Rational, Rational, Rational];
  const slope = rational(one.num * zero.den - zero.num * one.den, one.den * zero.den);
  if (!slope || slope.num === 0n) return null;
  const onLine = (x: bigint, y: Rational) =>
    y.num * zero.den * slope.den === y.den * (zero.num * slope.den + x * slope.num * zero.den);
  if (!onLine(5n, five) || !onLine(-7n, minusSeven)) return null;
  return { slope: constant(slope), shift: constant(zero) };
}

function constant(value: Rational): { expr: Expr; value: number } {
  const expr: Expr = { kind: 'number', value, text: `${value.num}/${value.den}`, decimals: null };
  return { expr, value: Number(value.num) / Number(value.den) };
}
