import { UserError } from '../errors.js';

/** One row of an input file. */
export interface Row {
  value: Record<string, unknown>;
  /** File and line (or row number), for messages. */
  where: string;
}

/** Whether a value is a plain JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a value is, in JSON's words. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/**
 * Text of a column; a missing column and `null` are `undefined`.
 *
 * @throws UserError that names row and key when the value is something else.
 */
export function textField(row: Row, key: string): string | undefined {
  const value = row.value[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw wrongType(row, key, 'a string', value);
}

/** Like `textField`, for answers and ids: a number becomes text. */
export function scalarField(row: Row, key: string): string | undefined {
  const value = row.value[key];
  if (typeof value === 'number') return String(value);
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  throw wrongType(row, key, 'a string or a number', value);
}

/** The error for a value of the wrong type: names row, key, what was expected and what was found. */
export function wrongType(row: Row, key: string, expected: string, found: unknown): UserError {
  return new UserError(`${row.where}: "${key}" must be ${expected}, but it is ${describe(found)}.`);
}

/** The text of the first of these columns that the row has. */
export function firstText(row: Row, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = textField(row, key);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Like `firstText`, for a column that the format cannot do without. */
export function requiredText(row: Row, keys: readonly string[]): string {
  const text = firstText(row, keys);
  if (text !== undefined) return text;
  const names = keys.map((key) => `"${key}"`).join(' or ');
  const present = Object.keys(row.value).join(', ') || 'none';
  throw new UserError(`${row.where}: no text in ${names}. The row's keys are: ${present}.`);
}

/** Id of the trajectory that a row holds, where the row names it. */
export function rowId(row: Row): string | undefined {
  const key = ['id', 'traj_id', 'instance_id', 'uuid'].find((name) => (row.value[name] ?? '') !== '');
  return key === undefined ? undefined : scalarField(row, key);
}

function describe(value: unknown): string {
  const name = typeName(value);
  if (name === 'array') return 'an array';
  return name === 'object' ? 'an object' : name === 'undefined' ? 'missing' : name;
}
