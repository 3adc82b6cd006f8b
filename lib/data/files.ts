/** Rows of an input: a file, a folder or a pattern; JSON lines, JSON or Parquet, told apart by content. */
import { isUtf8 } from 'node:buffer';
import { type Dirent, existsSync, statSync } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import { readJsonLines, readLines } from './lines.js';
import { readParquet } from './parquet.js';
import { isObject, type Row, typeName } from './row.js';

/** Bytes of a file that is read as one JSON document. */
const MAX_DOCUMENT = 2 ** 28;
const DATA_FILE = /\.(jsonl|ndjson|json|traj|parquet)$/i;

/**
 * The files that an input names, sorted: the file itself, every data file below a folder, or those that match a
 * pattern whose last part has `*` in it.
 *
 * @throws UserError when there is none.
 */
export async function inputFiles(input: string): Promise<string[]> {
  if (existsSync(input)) {
    if (!statSync(input).isDirectory()) {
      const [table] = /\.(?:csv|tsv|xlsx?)$/i.exec(input) ?? [];
      if (table) throw new UserError(`${input}: ${table} is not read. Give JSON lines, JSON or Parquet.`);
      return [input];
    }
    const files = (await filesBelow(input)).filter((file) => DATA_FILE.test(file));
    if (files.length > 0) return files;
    throw new UserError(`${input}: the folder holds no .jsonl, .json, .traj or .parquet file.`);
  }
  const folder = dirname(input);
  if (basename(input).includes('*') && existsSync(folder)) {
    const pattern = globPattern(basename(input));
    const files = (await readdir(folder)).filter((name) => pattern.test(name)).sort();
    if (files.length > 0) return files.map((name) => join(folder, name));
    throw new UserError(`${input}: no file in ${folder} matches ${basename(input)}.`);
  }
  throw new UserError(`${input}: no such file or folder.`);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function globPattern(glob: string): RegExp {
  const parts = glob.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

/** The rows of one file, with at most a line (JSON lines), a row group (Parquet) or the document (JSON) in memory. */
export async function* readRows(file: string): AsyncGenerator<Row> {
  for await (const { value, where } of valuesOf(file, await fileKind(file))) {
    if (!isObject(value)) throw new UserError(`${where}: expected a JSON object, but found ${typeName(value)}.`);
    yield { value, where };
  }
}

type FileKind = 'lines' | 'document' | 'parquet';

async function fileKind(file: string): Promise<FileKind> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (buffer.toString('latin1') === 'PAR1') return 'parquet';
  } finally {
    await handle.close();
  }
  if (/\.(jsonl|ndjson)$/i.test(file)) return 'lines';
  return (await beginsWithObjectLine(file)) ? 'lines' : 'document';
}

/** JSON lines often come as `.json`: then the first line is an object of its own and another line follows. */
async function beginsWithObjectLine(file: string): Promise<boolean> {
  let first: string | undefined;
  for await (const { text } of readLines(file)) {
    if (text.trim() === '') continue;
    if (first !== undefined) return isJsonObject(first);
    first = text;
    if (!first.trimEnd().endsWith('}')) return false;
  }
  return first === undefined || isJsonObject(first);
}

function isJsonObject(text: string): boolean {
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
}

function valuesOf(file: string, kind: FileKind): AsyncIterable<{ value: unknown; where: string }> {
  if (kind === 'parquet') return readParquet(file);
  return kind === 'lines' ? readJsonLines(file) : readDocument(file);
}

async function* readDocument(file: string): AsyncGenerator<{ value: unknown; where: string }> {
  const text = await readText(file);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file}: not valid JSON${positionOf(error as Error, text)}: ${(error as Error).message}.`);
  }
  if (!Array.isArray(document)) {
    yield { value: document, where: file };
    return;
  }
  for (const [i, value] of document.entries()) yield { value, where: `${file} row ${i + 1}` };
}

async function readText(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > MAX_DOCUMENT) {
    throw new UserError(`${file}: ${size} bytes are too many for one JSON document. Convert it to JSON lines.`);
  }
  const bytes = await readFile(file);
  if (!isUtf8(bytes)) throw new UserError(`${file}: not valid UTF-8. Convert the file to UTF-8.`);
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

/** V8 tells the position of a syntax error as an offset; people look for lines. */
function positionOf(error: Error, text: string): string {
  const offset = /at position (\d+)/.exec(error.message)?.[1];
  return offset === undefined ? '' : ` on line ${text.slice(0, Number(offset)).split('\n').length}`;
}
