/** Files of JSON lines to which a run adds what is done, so that it can be taken up again. */
import { existsSync, statSync } from 'node:fs';
import { appendFile, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isObject } from '../data/row.js';
import { UserError } from '../errors.js';
import { makeFolder } from '../make_folder.js';

export interface AppendedLine {
  /** Counted from 1. */
  number: number;
  text: string;
  /** The object that it holds; undefined where it holds none. */
  value: Record<string, unknown> | undefined;
}

/**
 * Make such a file ready for a run: with its folder, if there is none.
 *
 * @returns its lines, see {@link appendedLines}
 * @throws UserError that names the file when it cannot be written
 */
export async function openLines(file: string): Promise<AppendedLine[]> {
  await makeFolder(dirname(file)).catch((error: Error) => {
    throw cannotWrite(file, error);
  });
  await appendLines(file, []);
  return appendedLines(file);
}

/**
 * The lines of such a file that are not blank; none where there is no file. A last one that was cut off when a run was
 * killed, perhaps within a character, is taken out of the file, so that lines can be added.
 */
export async function appendedLines(file: string): Promise<AppendedLine[]> {
  const bytes = await bytesOf(file);
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end < bytes.length) await truncate(file, end);
  const lines = bytes.subarray(0, end).toString('utf8').split('\n');
  return lines
    .map((text, i) => ({ number: i + 1, text, value: objectOf(text) }))
    .filter(({ text }) => text.trim() !== '');
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    if (!existsSync(file) || !statSync(file).isFile()) return Buffer.alloc(0); // a device may have no end
    return await readFile(file);
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${(error as Error).message}.`);
  }
}

/** Add values in one write, a line each. @throws UserError that names the file */
export async function appendLines(file: string, values: readonly object[]): Promise<void> {
  try {
    await appendFile(file, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
  } catch (error) {
    throw cannotWrite(file, error as Error);
  }
}

function cannotWrite(file: string, { message }: Error): UserError {
  return new UserError(`${file} cannot be written: ${message}.`);
}
