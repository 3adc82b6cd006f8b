import { evaluateExact } from './exact.js';
import { contains, type Expr, symbolsOf } from './expr.js';
import { keyOf } from './key.js';
import { agree, approximate } from './numeric.js';
import { generator, randomFraction, randomPoint } from './random.js';
import * as Q from './rational.js';
import type { SymbolicEngine } from './symbolic.js';

/** A decimal numeral stands for the value it was rounded from when it shows this many digits after its leading zeros. */
const ROUNDED_DIGITS = 6;
/** Points at which formulas with variables are compared. */
const EXACT_POINTS = 5;
const NUMERIC_POINTS = 12;

/**
 * Are two scalars or formulas equal? In this order: the same tree; exact fractions (formulas at random fractions, which
 * decides polynomials and rational functions); a numeric difference beyond all rounding; a symbolic proof or a
 * disproof with many digits, in the worker; and last agreement of the numeric samples.
 *
 * @returns null when none of them could tell.
 */
export async function scalarsEqual(a: Expr, b: Expr, engine: SymbolicEngine): Promise<boolean | null> {
  if (keyOf(a) === keyOf(b)) return true;
  if ([a, b].some((side) => contains(side, (part) => part.kind === 'infinity'))) return false;
  const ratios = compareRatios(a, b);
  if (ratios) return (await Promise.all(ratios.map(([x, y]) => scalarsEqual(x, y, engine)))).every(Boolean);
  const percent = comparePercent(a, b);
  if (percent) return (await Promise.all(percent.map(([x, y]) => scalarsEqual(x, y, engine)))).includes(true);
  const exact = compareExact(a, b);
  if (exact !== null) return exact || roundsTo(a, b);
  if (roundsTo(a, b)) return true;
  const numeric = compareNumeric(a, b);
  if (numeric === false) return false;
  const symbolic = await engine.equal(a, b);
  // Many equal digits of two constants prove nothing where even a double can tell that its digits are noise.
  if (symbolic && numeric === null && namesOf(a, b).length === 0) return null;
  return symbolic ?? numeric;
}

/** a : b : c equals d : e : f when a e = b d and a f = c d. */
function compareRatios(a: Expr, b: Expr): [Expr, Expr][] | null {
  if (a.kind !== 'ratio' || b.kind !== 'ratio' || a.parts.length !== b.parts.length) return null;
  const times = (x: Expr, y: Expr): Expr => ({ kind: 'multiply', factors: [x, y], written: 'operator' });
  return a.parts.slice(1).map((part, i) => [times(a.parts[0]!, b.parts[i + 1]!), times(part, b.parts[0]!)]);
}

/** `28 %` may be meant as 28 or as 0.28; two percentages compare as their numbers. Degrees likewise. */
function comparePercent(a: Expr, b: Expr): [Expr, Expr][] | null {
  for (const kind of ['percent', 'degrees'] as const) {
    if (a.kind === kind && b.kind === kind) return [[a.arg, b.arg]];
    if (a.kind === kind)
      return [
        [a.arg, b],
        [inFull(a), b],
      ];
    if (b.kind === kind)
      return [
        [a, b.arg],
        [a, inFull(b)],
      ];
  }
  return null;
}

function inFull(expr: Expr & { kind: 'percent' | 'degrees' }): Expr {
  const hundredth: Expr = { kind: 'number', value: { num: 1n, den: 100n }, text: '0.01', decimals: null };
  const pi: Expr = { kind: 'constant', name: 'pi' };
  const halfTurn: Expr = { kind: 'number', value: { num: 180n, den: 1n }, text: '180', decimals: null };
  const unit: Expr = expr.kind === 'percent' ? hundredth : { kind: 'divide', num: pi, den: halfTurn };
  return { kind: 'multiply', factors: [expr.arg, unit], written: 'operator' };
}

/** Fractions with 20-bit numerators decide identity of rational functions with an error rate below 10⁻⁵ a point. */
function compareExact(a: Expr, b: Expr): boolean | null {
  const names = namesOf(a, b);
  const random = generator(1);
  let agreed = 0;
  for (let i = 0; i < 4 * EXACT_POINTS && agreed < EXACT_POINTS; i++) {
    const at = new Map(names.map((name) => [name, randomFraction(random)]));
    const [x, y] = [evaluateExact(a, at), evaluateExact(b, at)];
    if (x && y && !Q.equal(x, y)) return false;
    if (x && y) agreed++;
    else if (i === 2 * EXACT_POINTS && agreed === 0) return null;
    if (names.length === 0) return x && y ? true : null;
  }
  return agreed >= EXACT_POINTS ? true : null;
}

function compareNumeric(a: Expr, b: Expr): boolean | null {
  const names = namesOf(a, b);
  const random = generator(2);
  let agreed = 0;
  const points = names.length === 0 ? 1 : NUMERIC_POINTS;
  for (let i = 0; i < 2 * points && agreed < points; i++) {
    const at = new Map(names.map((name) => [name, randomPoint(random, i)]));
    const [x, y] = [approximate(a, at), approximate(b, at)];
    const verdict = x && y && agree(x, y);
    if (verdict === false) return false;
    if (verdict === true) agreed++;
  }
  return agreed >= Math.min(points, 6) ? true : null;
}

function namesOf(a: Expr, b: Expr): string[] {
  return [...new Set([...symbolsOf(a), ...symbolsOf(b)])];
}

/**
 * Is one side a plain decimal numeral of enough digits, and the other side what it is the rounding of?
 * 0.333333 is one third; 0.33 is not.
 */
function roundsTo(a: Expr, b: Expr): boolean {
  return isRounding(a, b) || isRounding(b, a);
}

function isRounding(decimal: Expr, value: Expr): boolean {
  const numeral = decimal.kind === 'negate' ? decimal.arg : decimal;
  if (numeral.kind !== 'number' || numeral.decimals === null || /e/i.test(numeral.text)) return false;
  const [whole = '', fraction = ''] = numeral.text.split('.');
  const shown = /^0*$/.test(whole) ? fraction.replace(/^0+/, '').length : fraction.length;
  if (shown < ROUNDED_DIGITS || contains(value, (part) => part.kind === 'symbol')) return false;
  const written = evaluateExact(decimal, new Map());
  const exact = evaluateExact(value, new Map());
  if (!written) return false;
  if (exact) return isWithin(written, exact, { num: 1n, den: 10n ** BigInt(numeral.decimals) });
  const approximation = approximate(value, new Map());
  if (!approximation || Math.abs(approximation.value.im) > approximation.error) return false;
  return (
    Math.abs(Q.toNumber(written) - approximation.value.re) <= 10 ** -numeral.decimals * 1.000001 + approximation.error
  );
}

/** |a − b| < unit: cut off or rounded at that place. */
function isWithin(a: Q.Rational, b: Q.Rational, unit: Q.Rational): boolean {
  const gap = Q.add(a, Q.negate(b));
  return gap !== null && (gap.num < 0n ? -gap.num : gap.num) * unit.den < unit.num * gap.den;
}
