import { type Expr, integer } from './expr.js';

/** An end of an interval: its expression for exact comparison, its value for order. Infinite ends are always open. */
export interface End {
  expr: Expr;
  value: number;
  closed: boolean;
}

export interface Piece {
  low: End;
  high: End;
}

/** A set of real numbers: disjoint pieces in ascending order, none touching its neighbour. */
export type Region = readonly Piece[];

const INFINITY: Expr = { kind: 'infinity' };
export const MINUS_INFINITY: End = {
  expr: { kind: 'negate', arg: INFINITY },
  value: Number.NEGATIVE_INFINITY,
  closed: false,
};
export const PLUS_INFINITY: End = { expr: INFINITY, value: Number.POSITIVE_INFINITY, closed: false };
export const REALS: Region = [{ low: MINUS_INFINITY, high: PLUS_INFINITY }];

export function point(expr: Expr, value: number): Piece {
  const end: End = { expr, value, closed: true };
  return { low: end, high: end };
}

/** Values that differ by rounding only are the same end. */
function same(a: number, b: number): boolean {
  return (
    a === b ||
    (Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b)))
  );
}

function isEmpty({ low, high }: Piece): boolean {
  return same(low.value, high.value) ? !(low.closed && high.closed) : low.value > high.value;
}

export function union(a: Region, b: Region): Region {
  const pieces = [...a, ...b].filter((piece) => !isEmpty(piece));
  pieces.sort((x, y) =>
    same(x.low.value, y.low.value) ? Number(y.low.closed) - Number(x.low.closed) : x.low.value - y.low.value,
  );
  const merged: Piece[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if (last && touches(last.high, piece.low))
      merged[merged.length - 1] = { low: last.low, high: later(last.high, piece.high) };
    else merged.push(piece);
  }
  return merged;
}

/** Does an interval that ends at `high` meet one that begins at `low`, without a missing point between them? */
function touches(high: End, low: End): boolean {
  return same(high.value, low.value) ? high.closed || low.closed : high.value > low.value;
}

function later(a: End, b: End): End {
  if (same(a.value, b.value)) return a.closed ? a : b;
  return a.value > b.value ? a : b;
}

function earlier(a: End, b: End): End {
  if (same(a.value, b.value)) return a.closed ? b : a;
  return a.value < b.value ? a : b;
}

export function intersection(a: Region, b: Region): Region {
  const pieces = a.flatMap((x) =>
    b.map((y): Piece => {
      const low = same(x.low.value, y.low.value)
        ? x.low.closed
          ? y.low
          : x.low
        : x.low.value > y.low.value
          ? x.low
          : y.low;
      return { low, high: earlier(x.high, y.high) };
    }),
  );
  return union(pieces, []);
}

export function complement(region: Region): Region {
  const pieces: Piece[] = [];
  let low = MINUS_INFINITY;
  for (const piece of region) {
    pieces.push({ low, high: flip(piece.low) });
    low = flip(piece.high);
  }
  return union([...pieces, { low, high: PLUS_INFINITY }], []);
}

function flip(end: End): End {
  return { ...end, closed: Number.isFinite(end.value) && !end.closed };
}

export function minus(a: Region, b: Region): Region {
  return intersection(a, complement(b));
}

/** The x for which slope·x + shift lies in the region. */
export function preimage(
  region: Region,
  slope: { expr: Expr; value: number },
  shift: { expr: Expr; value: number },
): Region {
  const move = (end: End): End => {
    if (!Number.isFinite(end.value)) return slope.value > 0 === end.value > 0 ? PLUS_INFINITY : MINUS_INFINITY;
    const expr: Expr = {
      kind: 'divide',
      num: { kind: 'add', terms: [end.expr, { kind: 'negate', arg: shift.expr }] },
      den: slope.expr,
    };
    return { expr, value: (end.value - shift.value) / slope.value, closed: end.closed };
  };
  const moved = region.map(({ low, high }): Piece => {
    const [a, b] = [move(low), move(high)];
    return slope.value > 0 ? { low: a, high: b } : { low: b, high: a };
  });
  return union(moved, []);
}

/** The u for which |u| lies in the region. */
export function preimageOfAbs(region: Region): Region {
  const zero: End = { expr: integer(0), value: 0, closed: true };
  const positive = intersection(region, [{ low: zero, high: PLUS_INFINITY }]);
  const one = { expr: integer(-1), value: -1 };
  return union(positive, preimage(positive, one, { expr: integer(0), value: 0 }));
}
