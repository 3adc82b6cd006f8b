/** Files of JSON lines to which a run adds what is done, so that it can be taken up again. */
import { existsSync, statSync } from 'node:fs';
import { appendFile, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../errors.js';
import { makeFolder } from '../make_folder.js';

export interface AppendedLine {
  /** Counted from 1. */
  number: number;
  text: string;
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
  return lines.map((text, i) => ({ number: i + 1, text })).filter(({ text }) => text.trim() !== '');
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    if (!existsSync(file) || !statSync(file).isFile()) return Buffer.alloc(0); // a device may have no end
    return await readFile(file);
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${(error as Error).message}.`);
  }
}

/**
 * Add values in one write, a line each; folders are made as needed. No values at all make the file, if there is none, and
 * show that it can be written.
 *
 * @throws UserError that names the file
 */
export async function appendLines(file: string, values: readonly object[]): Promise<void> {
  try {
    await makeFolder(dirname(file));
    await appendFile(file, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
  } catch (error) {
    throw new UserError(`${file} cannot be written: ${(error as Error).message}.`);
  }
}
