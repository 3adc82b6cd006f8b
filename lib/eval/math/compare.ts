import { type Expr, renameSymbols, symbolsOf } from './expr.js';
import { keyOf } from './key.js';
import { isMultiple } from './ratio.js';
import { type End, type Region, union } from './region.js';
import { scalarsEqual } from './scalar.js';
import { toRegion } from './solve.js';
import type { SymbolicEngine } from './symbolic.js';
import { interpret, type Value } from './value.js';

export interface CompareOptions {
  /** Order and kind of brackets matter: `(1, 2)` is neither `(2, 1)` nor `\{1, 2\}`, and variables keep their names. */
  strict: boolean;
  engine: SymbolicEngine;
}

/** More unordered items than this, left over after equal ones are paired off, are not searched for a pairing. */
const MAX_UNPAIRED = 30;

/** Compare two parsed answers; null when it could not be decided. */
export async function compareAnswers(a: Expr, b: Expr, options: CompareOptions): Promise<boolean | null> {
  if (keyOf(a) === keyOf(b)) return true;
  const verdict = await valuesEqual(interpret(a), interpret(b), options);
  if (verdict || options.strict) return verdict;
  const renamed = renameByPosition(a, b);
  return renamed ? valuesEqual(interpret(a), interpret(renamed), options) : verdict;
}

/** b with its variables renamed to those of a, in order of appearance; null when there is nothing to rename. */
function renameByPosition(a: Expr, b: Expr): Expr | null {
  const [namesA, namesB] = [[...symbolsOf(a)], [...symbolsOf(b)]];
  if (namesA.length !== namesB.length || namesA.every((name) => namesB.includes(name))) return null;
  return renameSymbols(b, new Map(namesB.map((name, i) => [name, namesA[i]!])));
}

async function valuesEqual(a: Value, b: Value, options: CompareOptions): Promise<boolean | null> {
  if (a.kind === 'equation' || b.kind === 'equation') return equationsEqual(a, b, options);
  if (a.kind === 'region' || b.kind === 'region') return regionsEqual(regionOf(a), regionOf(b), options);
  if (a.kind === 'matrix' || b.kind === 'matrix') return matricesEqual(a, b, options);
  if (a.kind === 'inequality' && b.kind === 'inequality')
    return a.op === b.op && isMultiple(a.difference, b.difference, a.op !== '!=');
  if (a.kind === 'collection' || b.kind === 'collection') return collectionsEqual(a, b, options);
  if (a.kind === 'tuple' && b.kind === 'tuple') return tuplesEqual(a, b, options);
  if (a.kind === 'scalar' && b.kind === 'scalar') return scalarsEqual(a.expr, b.expr, options.engine);
  if (a.kind === 'structure' && b.kind === 'structure') return structuresEqual(a.expr, b.expr, options);
  if (a.kind === 'text' && b.kind === 'text') return plain(a.text) === plain(b.text);
  return false;
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\s.,;:!()]+/g, ' ')
    .trim();
}

/** An equation that defines a name counts as its value beside anything that is no equation. */
async function equationsEqual(a: Value, b: Value, options: CompareOptions): Promise<boolean | null> {
  if (a.kind !== 'equation') return b.kind === 'equation' && b.name !== null ? valuesEqual(a, b.value, options) : false;
  if (b.kind !== 'equation') return a.name !== null ? valuesEqual(a.value, b, options) : false;
  if (a.name !== null && a.name === b.name) return valuesEqual(a.value, withArgument(b, a.argument), options);
  return isMultiple(a.difference, b.difference, false);
}

/** The value of `f(t) = …` with t called by another name. */
function withArgument(equation: Value & { kind: 'equation' }, argument: string | null): Value {
  const { value } = equation;
  if (argument === null || equation.argument === null || argument === equation.argument || value.kind !== 'scalar')
    return value;
  if (symbolsOf(value.expr).has(argument)) return value;
  return { kind: 'scalar', expr: renameSymbols(value.expr, new Map([[equation.argument, argument]])) };
}

async function tuplesEqual(
  a: Value & { kind: 'tuple' },
  b: Value & { kind: 'tuple' },
  options: CompareOptions,
): Promise<boolean | null> {
  if (a.items.length !== b.items.length || a.open !== b.open || a.close !== b.close) return false;
  const inOrder = await allEqual(a.items, b.items, options);
  return inOrder || options.strict ? inOrder : pairedOff(a.items, b.items, options);
}

async function allEqual(a: readonly Value[], b: readonly Value[], options: CompareOptions): Promise<boolean | null> {
  if (a.length !== b.length) return false;
  let known = true;
  for (const [i, item] of a.entries()) {
    const verdict = await valuesEqual(item, b[i]!, options);
    if (verdict === false) return false;
    known &&= verdict === true;
  }
  return known ? true : null;
}

/** Sets and bare lists have no order; a bare list beside a tuple takes the tuple's. */
async function collectionsEqual(a: Value, b: Value, options: CompareOptions): Promise<boolean | null> {
  if (a.kind !== 'collection') return collectionsEqual(b, a, options);
  if (b.kind === 'collection') {
    const ordered =
      options.strict && a.written === 'list' && b.written === 'list' && definesNames(a) !== definesNames(b);
    return ordered ? allEqual(a.items, b.items, options) : pairedOff(distinct(a.items), distinct(b.items), options);
  }
  if (b.kind === 'tuple') {
    const roundBrackets = b.items.length !== 2 || (b.open === '(' && b.close === ')');
    if (!roundBrackets || (options.strict && a.written === 'set')) return false;
    const inOrder = await allEqual(a.items, b.items, options);
    return inOrder || options.strict ? inOrder : pairedOff(a.items, b.items, options);
  }
  return a.items.length === 1 ? valuesEqual(a.items[0]!, b, options) : false;
}

/** `a = 1, b = 2` gives each value its place; `x = 1, x = 2` does not. */
function definesNames(value: Value & { kind: 'collection' }): boolean {
  const names = value.items.map((item) => (item.kind === 'equation' ? item.name : null));
  return names.every((name) => name !== null) && new Set(names).size === names.length;
}

function valueKey(value: Value): string | null {
  if (value.kind === 'scalar' || value.kind === 'structure') return keyOf(value.expr);
  if (value.kind === 'tuple') {
    const keys = value.items.map(valueKey);
    return keys.includes(null) ? null : `${value.open}${keys.join(',')}${value.close}`;
  }
  return value.kind === 'text' ? plain(value.text) : null;
}

function distinct(items: readonly Value[]): Value[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = valueKey(item);
    if (key === null) return true;
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
}

/** Is there a one-to-one pairing of equal items? */
async function pairedOff(a: readonly Value[], b: readonly Value[], options: CompareOptions): Promise<boolean | null> {
  if (a.length !== b.length) return false;
  const rest = [...b];
  const unpaired: Value[] = [];
  const keys = b.map(valueKey);
  for (const item of a) {
    const key = valueKey(item);
    const at = key === null ? -1 : keys.indexOf(key);
    if (at < 0) unpaired.push(item);
    else {
      rest.splice(at, 1);
      keys.splice(at, 1);
    }
  }
  if (unpaired.length > MAX_UNPAIRED) return null;
  for (const item of unpaired) {
    const verdicts: (boolean | null)[] = [];
    for (const other of rest) {
      verdicts.push(await valuesEqual(item, other, options));
      if (verdicts.at(-1)) break;
    }
    const at = verdicts.indexOf(true);
    if (at < 0) return verdicts.includes(null) ? null : false;
    rest.splice(at, 1);
  }
  return true;
}

/** A column or row vector equals the tuple of its entries. */
async function matricesEqual(a: Value, b: Value, options: CompareOptions): Promise<boolean | null> {
  if (a.kind !== 'matrix') return matricesEqual(b, a, options);
  if (b.kind === 'matrix') {
    const sameShape = a.rows.length === b.rows.length && a.rows.every((row, i) => row.length === b.rows[i]!.length);
    return sameShape && allEqual(a.rows.flat().map(interpret), b.rows.flat().map(interpret), options);
  }
  if (b.kind !== 'tuple') return false;
  const isVector = a.rows.length === 1 || a.rows.every((row) => row.length === 1);
  if (isVector && b.items.every((item) => item.kind === 'scalar'))
    return allEqual(a.rows.flat().map(interpret), b.items, options);
  if (a.rows.length !== b.items.length) return false;
  const rows = b.items.map((item) => (item.kind === 'tuple' ? item.items : []));
  return (
    rows.every((row, i) => row.length === a.rows[i]!.length) &&
    allEqual(a.rows.flat().map(interpret), rows.flat(), options)
  );
}

/** A value read as a set of reals, where it can be one. */
function regionOf(value: Value): Region | null {
  switch (value.kind) {
    case 'region':
      return value.region;
    case 'tuple': {
      const ends = value.items.map((item) => (item.kind === 'scalar' || item.kind === 'structure' ? item.expr : null));
      return ends.includes(null)
        ? null
        : toRegion({ kind: 'list', open: value.open, close: value.close, items: ends as Expr[] });
    }
    case 'collection': {
      const items = value.items.map((item): Expr | null => (item.kind === 'scalar' ? item.expr : null));
      if (!items.includes(null)) return toRegion({ kind: 'list', open: '{', close: '}', items: items as Expr[] });
      return unionOf(value.items);
    }
    default:
      return null;
  }
}

function unionOf(items: readonly Value[]): Region | null {
  const pieces = items.map(regionOf);
  return pieces.includes(null) ? null : pieces.reduce<Region>((all, piece) => union(all, piece!), []);
}

async function regionsEqual(a: Region | null, b: Region | null, options: CompareOptions): Promise<boolean | null> {
  if (!a || !b || a.length !== b.length) return false;
  const ends = (region: Region) => region.flatMap(({ low, high }) => [low, high]);
  const [endsA, endsB] = [ends(a), ends(b)];
  let known = true;
  for (const [i, end] of endsA.entries()) {
    const verdict = await endsEqual(end, endsB[i]!, options);
    if (verdict === false) return false;
    known &&= verdict === true;
  }
  return known ? true : null;
}

async function endsEqual(a: End, b: End, options: CompareOptions): Promise<boolean | null> {
  if (a.closed !== b.closed) return false;
  if (!Number.isFinite(a.value) || !Number.isFinite(b.value)) return a.value === b.value;
  return scalarsEqual(a.expr, b.expr, options.engine);
}

/** The same operation on equal parts. */
async function structuresEqual(a: Expr, b: Expr, options: CompareOptions): Promise<boolean | null> {
  if (keyOf(a) === keyOf(b)) return true;
  if (a.kind === 'setOperation' && b.kind === 'setOperation' && a.op === b.op) {
    return allEqual([a.left, a.right].map(interpret), [b.left, b.right].map(interpret), options);
  }
  if (a.kind === 'relation' && b.kind === 'relation' && a.ops.join() === b.ops.join()) {
    return allEqual(a.args.map(interpret), b.args.map(interpret), options);
  }
  return false;
}
