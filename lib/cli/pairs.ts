/** JSON lines of pairs of texts, as `foothold score` and `foothold bench reward` take them. */
import { open } from 'node:fs/promises';
import { stdin } from 'node:process';
import { readJsonLines } from '../data/lines.js';
import type { Pair } from '../difflib/score.js';
import { UserError } from '../errors.js';

/** The pairs of a file, or of standard input for `-`. @throws UserError that names the file, or the line. */
export async function* readPairs(file: string): AsyncGenerator<Pair> {
  for await (const { value, where } of readJsonLines(file === '-' ? 'standard input' : file, await bytesOf(file))) {
    const { a, b } = (value ?? {}) as Partial<Pair>;
    if (typeof a === 'string' && typeof b === 'string') yield { a, b };
    else {
      const wrong = typeof a === 'string' ? 'b' : 'a';
      throw new UserError(`${where}: "${wrong}" is missing or no string. Every line must be {"a": "…", "b": "…"}.`);
    }
  }
}

async function bytesOf(file: string): Promise<AsyncIterable<Buffer>> {
  if (file === '-') return stdin;
  try {
    const handle = await open(file);
    if ((await handle.stat()).isDirectory()) throw new Error('it is a folder');
    return handle.createReadStream({ highWaterMark: 1 << 20 });
  } catch (cause) {
    throw new UserError(`${file} cannot be read: ${(cause as Error).message}. Name a file of JSON lines, or - .`);
  }
}
