/** The folder of an evaluation: its settings, and a line for each problem done, so that it can be taken up again. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { makeFolder } from '../make_folder.js';
import { writeWhole } from '../train/files.js';
import { appendedLines, appendLines } from './appended_lines.js';
import { checkSettings, type Settings } from './settings.js';

/** One response to a problem. */
export interface ItemSample {
  completion: string;
  /** The answer found in it; empty when there is none. */
  pred: string;
  /** null: it could not be decided, which counts as wrong. */
  equal: boolean | null;
  /** Length in tokens. */
  tokens: number;
  /** It ended by itself, not by the length limit. */
  finished: boolean;
  /** It follows the format rule of training: one thought, then an answer. */
  wellFormed: boolean;
  /** Its answer was marked as such: boxed, after `####`, or after "answer is". */
  marked: boolean;
}

/** What is written of one problem. */
export interface Item {
  id: string;
  /** Hash of problem, reference and prompt: what changed under the results is noticed. */
  hash: string;
  /** The reference's answer. */
  gold: string;
  /** Number of right samples. */
  correct: number;
  samples: ItemSample[];
}

/** @param prompt tokens that the model is given, so that template and tokenizer count too */
export function problemHash(problem: string, gold: string, prompt: readonly number[]): string {
  return createHash('sha256')
    .update(JSON.stringify([problem, gold, prompt]))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Open or create the folder.
 *
 * @returns the finished items by id
 * @throws UserError when the folder holds results made with other settings, naming each difference
 */
export async function openItems(folder: string, settings: Settings): Promise<Map<string, Item>> {
  await makeFolder(folder).catch((error: Error) => {
    throw new UserError(`${folder} cannot be made (${error.message}). Give another folder with --out.`);
  });
  const file = join(folder, 'settings.json');
  const stored = await readFile(file, 'utf8').catch(() => null);
  if (stored !== null) checkSettings(parseSettings(stored, file), settings, folder, 'folder');
  const items = await readItems(join(folder, 'items.jsonl'));
  if (stored === null && items.size > 0)
    throw new UserError(
      `${folder} has items.jsonl, but not the settings.json it was made with. Give another folder with --out.`,
    );
  if (stored === null) await writeWhole(file, `${JSON.stringify(settings, null, 2)}\n`);
  return items;
}

function parseSettings(text: string, file: string): Settings {
  try {
    return JSON.parse(text) as Settings;
  } catch (error) {
    throw new UserError(
      `${file}: not valid JSON (${(error as Error).message}). Delete the folder or give another with --out.`,
    );
  }
}

async function readItems(file: string): Promise<Map<string, Item>> {
  const items = new Map<string, Item>();
  for (const { number, value } of await appendedLines(file)) {
    if (!isItem(value))
      throw new UserError(`${file} line ${number}: not an item of an evaluation. Delete this line and run again.`);
    items.set(value.id, value);
  }
  return items;
}

function isItem(value: object | undefined): value is Item {
  const { id, samples } = (value ?? {}) as Partial<Item>;
  return typeof id === 'string' && Array.isArray(samples);
}

export async function appendItems(folder: string, items: readonly Item[]): Promise<void> {
  if (items.length > 0) await appendLines(join(folder, 'items.jsonl'), items);
}
