import { contains, type Expr, mapChildren, type RelationOp, subtract, symbolsOf } from './expr.js';
import { keyOf } from './key.js';
import { determinant, evaluateMatrix } from './matrix.js';
import type { Region } from './region.js';
import { toRegion } from './solve.js';

/** What an answer is, once read: the kinds that are compared in different ways. */
export type Value =
  | { kind: 'scalar'; expr: Expr }
  /** Ordered. Two items between round or square brackets may also be an interval. */
  | { kind: 'tuple'; open: '(' | '['; close: ')' | ']'; items: Value[] }
  /** A bare list or a set: unordered. */
  | { kind: 'collection'; written: 'list' | 'set'; items: Value[] }
  | { kind: 'region'; region: Region }
  | { kind: 'matrix'; rows: Expr[][] }
  /** `name`: what the equation defines, when one side is a mere name; null for any other equation. */
  | { kind: 'equation'; name: string | null; argument: string | null; value: Value; difference: Expr }
  /** `difference op 0` */
  | { kind: 'inequality'; op: '<' | '<=' | '!='; difference: Expr }
  | { kind: 'text'; text: string }
  /** Anything else is equal only to the same tree. */
  | { kind: 'structure'; expr: Expr };

/** Sort an expression into the kind of value that it is. */
export function interpret(expr: Expr): Value {
  if (contains(expr, (part) => part.kind === 'plusMinus')) return collection('list', [expr]);
  switch (expr.kind) {
    case 'list':
      return list(expr);
    case 'relation':
      return relation(expr.ops, expr.args);
    case 'text':
      return { kind: 'text', text: expr.text };
    case 'setBuilder':
      return setBuilder(expr);
    case 'namedSet':
    case 'setOperation':
      return regionOr(expr, { kind: 'structure', expr });
    default:
      return formula(expr);
  }
}

function formula(written: Expr): Value {
  const expr = expandDeterminants(written);
  const rows = evaluateMatrix(expr);
  if (rows) return { kind: 'matrix', rows };
  const isScalar = !contains(expr, (part) => NOT_SCALAR.has(part.kind));
  return isScalar ? { kind: 'scalar', expr } : { kind: 'structure', expr };
}

/** |M| of a matrix is its determinant. */
function expandDeterminants(expr: Expr): Expr {
  if (expr.kind === 'call' && expr.name === 'abs' && expr.args[0]?.kind === 'matrix')
    return determinant(expr.args[0].rows) ?? expr;
  return mapChildren(expr, expandDeterminants);
}

const NOT_SCALAR: ReadonlySet<Expr['kind']> = new Set([
  'list',
  'relation',
  'matrix',
  'setOperation',
  'namedSet',
  'setBuilder',
  'text',
]);

function regionOr(expr: Expr, otherwise: Value): Value {
  const region = toRegion(expr);
  return region ? { kind: 'region', region } : otherwise;
}

function list(expr: Expr & { kind: 'list' }): Value {
  if (expr.open === '' || expr.open === '{') return collection(expr.open === '' ? 'list' : 'set', expr.items);
  if (expr.items.length === 2) {
    const openAtLow = expr.open === '(' || expr.open === ']' || isInfinite(expr.items[0]!);
    const openAtHigh = expr.close === ')' || expr.close === '[' || isInfinite(expr.items[1]!);
    return {
      kind: 'tuple',
      open: openAtLow ? '(' : '[',
      close: openAtHigh ? ')' : ']',
      items: expr.items.map(interpret),
    };
  }
  return { kind: 'tuple', open: '(', close: ')', items: expr.items.map(interpret) };
}

export function isInfinite(expr: Expr): boolean {
  return expr.kind === 'infinity' || (expr.kind === 'negate' && expr.arg.kind === 'infinity');
}

/** Items with ± become two; conditions on a parameter (`k ∈ ℤ`) and nested bare lists are taken as what they mean. */
function collection(written: 'list' | 'set', exprs: readonly Expr[]): Value {
  const expanded = exprs.flatMap(expandPlusMinus);
  const answers = expanded.filter((item) => !isParameterCondition(item));
  const items = (answers.length > 0 ? answers : expanded).map(interpret).map(groupToTuple);
  if (written === 'list' && items.length > 1) {
    const joined = joinInequalities(answers);
    if (joined) return joined;
  }
  return items.length === 1 && written === 'list' ? items[0]! : { kind: 'collection', written, items };
}

/** `p=5,q=2; p=7,q=2`: each group between semicolons is one ordered answer. */
function groupToTuple(value: Value): Value {
  if (value.kind !== 'collection' || value.written !== 'list') return value;
  return { kind: 'tuple', open: '(', close: ')', items: value.items };
}

function isParameterCondition(expr: Expr): boolean {
  return (
    expr.kind === 'relation' &&
    expr.ops.at(-1) === 'in' &&
    expr.args.at(-1)!.kind === 'namedSet' &&
    expr.args.length === 2
  );
}

/** `x > 1, x < 3` is the common part; where that is empty, `x < 1, x > 3` means either. */
function joinInequalities(items: readonly Expr[]): Value | null {
  const bounds = items.every(
    (item) => item.kind === 'relation' && item.ops.every((op) => op !== '=' && op !== '~' && op !== 'equiv'),
  );
  const names = new Set(items.flatMap((item) => [...symbolsOf(item)]));
  if (!bounds || names.size !== 1) return null;
  const combine = (op: 'union' | 'intersection') =>
    toRegion(items.reduce((left, right): Expr => ({ kind: 'setOperation', op, left, right })));
  const both = combine('intersection');
  const region = both && both.length > 0 ? both : combine('union');
  return region && { kind: 'region', region };
}

/** Each choice of sign; ± and ∓ of one expression move together. */
function expandPlusMinus(expr: Expr): Expr[] {
  if (!contains(expr, (part) => part.kind === 'plusMinus')) return [expr];
  return [1, -1].map((sign) => chooseSign(expr, sign));
}

function chooseSign(expr: Expr, sign: number): Expr {
  const chosen = mapChildren(expr, (part) => chooseSign(part, sign));
  if (chosen.kind !== 'plusMinus') return chosen;
  const plus = sign > 0 !== chosen.mirrored;
  const right: Expr = plus ? chosen.right : { kind: 'negate', arg: chosen.right };
  return chosen.left ? { kind: 'add', terms: [chosen.left, right] } : right;
}

function setBuilder(expr: Expr & { kind: 'setBuilder' }): Value {
  const region = toRegion(expr.condition);
  return region && symbolsOf(expr.condition).size === 1 ? { kind: 'region', region } : { kind: 'structure', expr };
}

function relation(ops: readonly RelationOp[], args: readonly Expr[]): Value {
  const expr: Expr = { kind: 'relation', ops: [...ops], args: [...args] };
  const [first, op, second] = [args[0]!, ops[0]!, args[1]!];
  if (ops.length === 1 && op === 'in') return interpret(second);
  if (ops.every((each) => each === '=' || each === '~')) return equation(ops, args);
  const region = toRegion(expr);
  if (region) return { kind: 'region', region };
  if (ops.length > 1 || op === 'in' || op === 'notin' || op === 'equiv') return { kind: 'structure', expr };
  const swapped = op === '>' || op === '>=';
  const difference = swapped ? subtract(second, first) : subtract(first, second);
  return { kind: 'inequality', op: op === '!=' ? '!=' : op === '<' || op === '>' ? '<' : '<=', difference };
}

/** `name = … = value`: what counts is the last side before an approximation. */
function equation(ops: readonly RelationOp[], args: readonly Expr[]): Value {
  const approximation = ops.indexOf('~');
  const sides = approximation > 0 ? args.slice(0, approximation + 1) : args;
  if (sides.length === 1) return interpret(sides[0]!);
  const named = sides.slice(0, -1).find((side) => nameOf(side) !== null);
  const last = sides.at(-1)!;
  const difference = subtract(sides[0]!, last);
  if (named) return { kind: 'equation', ...nameOf(named)!, value: interpret(last), difference };
  const reversed = sides.length === 2 ? nameOf(last) : null;
  if (reversed) return { kind: 'equation', ...reversed, value: interpret(sides[0]!), difference };
  const constant = sides.every((side) => symbolsOf(side).size === 0);
  return { kind: 'equation', name: constant ? '' : null, argument: null, value: interpret(last), difference };
}

/**
 * Is this side of an equation a mere name (`x`, `f(x)`, `AB`, `dy/dx`, `(x, y)`, `Area`), so that the equation gives its value?
 * `argument`: the variable of `f(x)`.
 */
function nameOf(expr: Expr): { name: string; argument: string | null } | null {
  switch (expr.kind) {
    case 'symbol':
      return { name: expr.name, argument: null };
    case 'text':
      return { name: expr.text, argument: null };
    case 'multiply':
      return productName(expr);
    case 'list':
      return joinNames(expr.items, ',');
    case 'ratio':
      return joinNames(expr.parts, ':');
    case 'divide':
      return derivativeName(expr.num, expr.den);
    default:
      return null;
  }
}

function productName({
  factors,
  written,
}: Expr & { kind: 'multiply' }): { name: string; argument: string | null } | null {
  const [head, argument] = factors;
  if (written === 'applied' && factors.length === 2 && head!.kind === 'symbol') {
    if (argument!.kind === 'symbol') return { name: head.name, argument: argument.name };
    return argument!.kind === 'number' || argument!.kind === 'list'
      ? { name: `${head.name}${keyOf(argument!)}`, argument: null }
      : null;
  }
  const upper = factors.every((factor) => factor.kind === 'symbol' && /^[A-Z]/.test(factor.name));
  return upper ? { name: factors.map((factor) => (factor as { name: string }).name).join(''), argument: null } : null;
}

function joinNames(parts: readonly Expr[], mark: string): { name: string; argument: null } | null {
  const names = parts.map(nameOf);
  return names.every((name) => name !== null)
    ? { name: names.map((name) => name!.name).join(mark), argument: null }
    : null;
}

function derivativeName(num: Expr, den: Expr): { name: string; argument: null } | null {
  const differential = (side: Expr): string | null =>
    side.kind === 'multiply' && side.factors.length === 2 && side.factors.every((factor) => factor.kind === 'symbol')
      ? side.factors.map((factor) => (factor as { name: string }).name).join('')
      : null;
  const [over, under] = [differential(num), differential(den)];
  return over?.startsWith('d') && under?.startsWith('d') ? { name: `${over}/${under}`, argument: null } : null;
}
