/** Turns what zod found wrong into lines for the person who wrote the file. */
import type { z } from 'zod';
import type { KeyPath } from './source.js';
import { nearNames } from './suggest.js';

type Issue = z.core.$ZodIssue;

/** `stages[1].learningRate`; a key as long as no name is, is cut. */
export function formatPath(path: KeyPath): string {
  return path
    .map((key) => (typeof key === 'number' ? key : cut(key)))
    .reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${key}` : key), '');
}

/**
 * One issue in words, without its place.
 * @param value what stands at the issue's path.
 * @param names keys that are known where an unknown one was found.
 */
export function describeIssue(issue: Issue, value: unknown, names: readonly string[]): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, names)).join('; ');
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const near = typeof value === 'string' ? nearNames(value, allowed) : [];
      const expected = allowed.length === 1 ? `expected ${allowed[0]}` : `expected one of ${allowed.join(', ')}`;
      return value === undefined ? `missing: ${expected}` : `${expected}; got ${show(value)}${didYouMean(near)}`;
    }
    case 'invalid_type':
      return value === undefined
        ? `missing: ${expectedType(issue.expected)} is needed here`
        : `expected ${expectedType(issue.expected)}; got ${show(value)}`;
    case 'too_small':
      return `expected ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${items(issue.origin)}; got ${show(value)}`;
    case 'too_big':
      return `expected ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${items(issue.origin)}; got ${show(value)}`;
    default:
      return issue.message;
  }
}

/** An unknown key in words, with the names it may have been meant as. */
export function unknownKey(key: string, names: readonly string[]): string {
  const near = nearNames(key, names);
  return `unknown key${near.length > 0 ? didYouMean(near) : `. Known here: ${[...names].sort().join(', ')}`}`;
}

function didYouMean(near: readonly string[]): string {
  return near.length === 0 ? '' : `. Did you mean ${near.join(' or ')}?`;
}

function expectedType(expected: string): string {
  const names: Record<string, string> = {
    int: 'a whole number',
    number: 'a number',
    string: 'text',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map of keys',
    record: 'a map of keys',
  };
  return names[expected] ?? expected;
}

function items(origin: string): string {
  if (origin === 'array') return ' entries';
  return origin === 'string' ? ' characters' : '';
}

function show(value: unknown): string {
  const plain = typeof value === 'number' || typeof value === 'bigint'; // JSON has no NaN, and no whole ones
  return cut((plain ? undefined : JSON.stringify(value)) ?? String(value));
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
