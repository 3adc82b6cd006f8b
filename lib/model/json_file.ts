/** Reading of the JSON files of a model folder, with errors that name the file. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { UserError } from '../errors.js';

export type JsonObject = Record<string, unknown>;

/** Parse a JSON object; `file` is only named in errors. */
export function parseJsonObject(text: string, file: string): JsonObject {
  let value: unknown;
  try {
    // A byte order mark is no part of JSON, yet some editors write one.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UserError(`${file} is not valid JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(`${file} must hold a JSON object, not ${Array.isArray(value) ? 'a list' : typeof value}.`);
  }
  return value as JsonObject;
}

/** The JSON object in a file, or null when there is no such file. */
export async function readJsonObject(file: string): Promise<JsonObject | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new UserError(`${file} cannot be read: ${(error as Error).message}`);
  }
  return parseJsonObject(text, file);
}

/** Check a parsed file against a schema; the first problem is reported with the path of its key. */
export function checkFile<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new UserError(`${file}: ${issue.path.join('.') || 'the file'}: ${issue.message}`);
}
