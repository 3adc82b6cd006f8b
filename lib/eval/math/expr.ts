import type { Rational } from './rational.js';

/** What the answer parser reads: one tree for numbers, formulas, lists, sets, relations and matrices. */
export type Expr =
  /** `decimals`: digits written after the point, null for an integer numeral. `value` null: too large to hold. */
  | { kind: 'number'; value: Rational | null; text: string; decimals: number | null }
  | { kind: 'symbol'; name: string }
  | { kind: 'constant'; name: 'pi' | 'e' | 'i' }
  | { kind: 'infinity' }
  | { kind: 'add'; terms: Expr[] }
  /** `applied`: a name before brackets, `f(x)`: in most formulas a product, before an equals sign a function's name. */
  | { kind: 'multiply'; factors: Expr[]; written: 'operator' | 'juxtaposed' | 'applied' }
  | { kind: 'negate'; arg: Expr }
  | { kind: 'divide'; num: Expr; den: Expr }
  | { kind: 'power'; base: Expr; exponent: Expr }
  | { kind: 'call'; name: FunctionName; args: Expr[] }
  /** `left ± right`; `mirrored` is ∓. */
  | { kind: 'plusMinus'; left: Expr | null; right: Expr; mirrored: boolean }
  | { kind: 'percent'; arg: Expr }
  | { kind: 'degrees'; arg: Expr }
  /** Items between brackets, or bare (`open` and `close` empty). A single bracketed item is no list but the item. */
  | { kind: 'list'; open: OpenBracket; close: CloseBracket; items: Expr[] }
  /** `args[0] ops[0] args[1] ops[1] …`: equations, inequalities and membership, chained as written. */
  | { kind: 'relation'; ops: RelationOp[]; args: Expr[] }
  | { kind: 'matrix'; rows: Expr[][] }
  | { kind: 'setOperation'; op: SetOp; left: Expr; right: Expr }
  /** A named set: the empty set, reals, integers, … */
  | { kind: 'namedSet'; name: 'empty' | 'R' | 'Z' | 'N' | 'Q' | 'C' }
  /** `{ variable | condition }` */
  | { kind: 'setBuilder'; element: Expr; condition: Expr }
  | { kind: 'ratio'; parts: Expr[] }
  | { kind: 'based'; digits: string; base: number }
  | { kind: 'text'; text: string };

export type OpenBracket = '' | '(' | '[' | '{' | ']';
export type CloseBracket = '' | ')' | ']' | '}' | '[';
export type RelationOp = '=' | '!=' | '<' | '<=' | '>' | '>=' | '~' | 'in' | 'notin' | 'equiv';
export type SetOp = 'union' | 'intersection' | 'minus';

export type FunctionName =
  | 'sin'
  | 'cos'
  | 'tan'
  | 'cot'
  | 'sec'
  | 'csc'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'acot'
  | 'asec'
  | 'acsc'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'exp'
  | 'ln'
  | 'log'
  | 'root'
  | 'abs'
  | 'floor'
  | 'ceil'
  | 'factorial'
  | 'binomial'
  | 'min'
  | 'max'
  | 'gcd'
  | 'lcm'
  | 'sign'
  | 're'
  | 'im'
  | 'conjugate';

/** The direct parts of an expression, in order. */
export function children(expr: Expr): Expr[] {
  switch (expr.kind) {
    case 'add':
      return expr.terms;
    case 'multiply':
      return expr.factors;
    case 'negate':
    case 'percent':
    case 'degrees':
      return [expr.arg];
    case 'divide':
      return [expr.num, expr.den];
    case 'power':
      return [expr.base, expr.exponent];
    case 'call':
      return expr.args;
    case 'plusMinus':
      return expr.left ? [expr.left, expr.right] : [expr.right];
    case 'list':
      return expr.items;
    case 'relation':
      return expr.args;
    case 'matrix':
      return expr.rows.flat();
    case 'setOperation':
      return [expr.left, expr.right];
    case 'setBuilder':
      return [expr.element, expr.condition];
    case 'ratio':
      return expr.parts;
    default:
      return [];
  }
}

/** The same expression with every direct part replaced by `change(part)`. */
export function mapChildren(expr: Expr, change: (part: Expr) => Expr): Expr {
  switch (expr.kind) {
    case 'add':
      return { ...expr, terms: expr.terms.map(change) };
    case 'multiply':
      return { ...expr, factors: expr.factors.map(change) };
    case 'negate':
    case 'percent':
    case 'degrees':
      return { ...expr, arg: change(expr.arg) };
    case 'divide':
      return { ...expr, num: change(expr.num), den: change(expr.den) };
    case 'power':
      return { ...expr, base: change(expr.base), exponent: change(expr.exponent) };
    case 'call':
      return { ...expr, args: expr.args.map(change) };
    case 'plusMinus':
      return { ...expr, left: expr.left && change(expr.left), right: change(expr.right) };
    case 'list':
      return { ...expr, items: expr.items.map(change) };
    case 'relation':
      return { ...expr, args: expr.args.map(change) };
    case 'matrix':
      return { ...expr, rows: expr.rows.map((row) => row.map(change)) };
    case 'setOperation':
      return { ...expr, left: change(expr.left), right: change(expr.right) };
    case 'setBuilder':
      return { ...expr, element: change(expr.element), condition: change(expr.condition) };
    case 'ratio':
      return { ...expr, parts: expr.parts.map(change) };
    default:
      return expr;
  }
}

/** Names of the variables, in order of first appearance. */
export function symbolsOf(expr: Expr, found: Set<string> = new Set()): Set<string> {
  if (expr.kind === 'symbol') found.add(expr.name);
  for (const part of children(expr)) symbolsOf(part, found);
  return found;
}

/** Does any part, the expression itself included, satisfy the test? */
export function contains(expr: Expr, test: (part: Expr) => boolean): boolean {
  return test(expr) || children(expr).some((part) => contains(part, test));
}

export function renameSymbols(expr: Expr, names: ReadonlyMap<string, string>): Expr {
  if (expr.kind === 'symbol') return { kind: 'symbol', name: names.get(expr.name) ?? expr.name };
  return mapChildren(expr, (part) => renameSymbols(part, names));
}

export function integer(n: number | bigint): Expr {
  return { kind: 'number', value: { num: BigInt(n), den: 1n }, text: String(n), decimals: null };
}

export function subtract(a: Expr, b: Expr): Expr {
  return { kind: 'add', terms: [a, { kind: 'negate', arg: b }] };
}
