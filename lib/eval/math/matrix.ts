import { type Expr, integer, subtract } from './expr.js';

type Rows = Expr[][];

/** Larger matrices and higher powers are compared as written. */
const MAX_SIZE = 8;

/**
 * Carry out sums, products, scalar multiples, small powers and transposes of matrices, so that what is left is one matrix
 * of scalar expressions; null when the expression is no matrix or the shapes do not fit.
 */
export function evaluateMatrix(expr: Expr): Rows | null {
  switch (expr.kind) {
    case 'matrix':
      return isRectangular(expr.rows) ? expr.rows : null;
    case 'negate':
      return scale(integer(-1), evaluateMatrix(expr.arg));
    case 'add':
      return reduceAll(expr.terms.map(evaluateMatrix), addRows);
    case 'multiply': {
      const result = expr.factors.map(toFactor).reduce<Rows | Expr | null>(multiplyMixed, integer(1));
      return Array.isArray(result) ? result : null;
    }
    case 'divide': {
      const rows = evaluateMatrix(expr.num);
      return rows?.map((row) => row.map((cell): Expr => ({ kind: 'divide', num: cell, den: expr.den }))) ?? null;
    }
    case 'power':
      return power(expr.base, expr.exponent);
    default:
      return null;
  }
}

/** Determinant by expansion along the first row, as an expression; null for anything but a small square matrix. */
export function determinant(rows: Rows): Expr | null {
  if (rows.length > 5 || rows.some((row) => row.length !== rows.length)) return null;
  if (rows.length === 1) return rows[0]![0]!;
  const terms = rows[0]!.map((cell, j): Expr => {
    const minor = determinant(rows.slice(1).map((row) => row.filter((_, k) => k !== j)))!;
    const term: Expr = { kind: 'multiply', factors: [cell, minor], written: 'operator' };
    return j % 2 === 0 ? term : { kind: 'negate', arg: term };
  });
  return { kind: 'add', terms };
}

function isRectangular(rows: Rows): boolean {
  return rows.every((row) => row.length === rows[0]!.length);
}

function reduceAll(parts: (Rows | null)[], f: (a: Rows, b: Rows) => Rows | null): Rows | null {
  return parts.reduce((a, b) => a && b && f(a, b));
}

function addRows(a: Rows, b: Rows): Rows | null {
  if (a.length !== b.length || a[0]!.length !== b[0]!.length) return null;
  return a.map((row, i) => row.map((cell, j) => subtract(cell, { kind: 'negate', arg: b[i]![j]! })));
}

function scale(factor: Expr, rows: Rows | null): Rows | null {
  return (
    rows?.map((row) => row.map((cell): Expr => ({ kind: 'multiply', factors: [factor, cell], written: 'operator' }))) ??
    null
  );
}

function toFactor(expr: Expr): Rows | Expr {
  return evaluateMatrix(expr) ?? expr;
}

function multiplyMixed(a: Rows | Expr | null, b: Rows | Expr): Rows | Expr | null {
  if (a === null) return null;
  if (Array.isArray(a)) return Array.isArray(b) ? product(a, b) : scale(b, a);
  return Array.isArray(b) ? scale(a, b) : { kind: 'multiply', factors: [a, b], written: 'operator' };
}

function product(a: Rows, b: Rows): Rows | null {
  if (a[0]!.length !== b.length || Math.max(a.length, b.length, b[0]!.length) > MAX_SIZE) return null;
  return a.map((row) =>
    b[0]!.map(
      (_, j): Expr => ({
        kind: 'add',
        terms: row.map((cell, k): Expr => ({ kind: 'multiply', factors: [cell, b[k]![j]!], written: 'operator' })),
      }),
    ),
  );
}

function power(base: Expr, exponent: Expr): Rows | null {
  const rows = evaluateMatrix(base);
  if (!rows) return null;
  if (exponent.kind === 'symbol' && exponent.name === 'T') return rows[0]!.map((_, j) => rows.map((row) => row[j]!));
  const n = exponent.kind === 'number' ? Number(exponent.text) : Number.NaN;
  if (!Number.isInteger(n) || n < 1 || n > 4) return null;
  return reduceAll(
    Array.from({ length: n }, () => rows),
    product,
  );
}
