/**
 * Search/replace edits as a model writes them, and their application to file contents.
 *
 *     ```python
 *     ### path/of/file.py
 *     <<<<<<< SEARCH
 *     lines that are there
 *     =======
 *     lines to put in their place
 *     >>>>>>> REPLACE
 *     ```
 *
 * A block may hold several edits; each uses the last path before it. The search text must be whole lines of the file,
 * exactly, at one place. Nothing is guessed: what does not fit is an error that says so, for people and for the model.
 */

/** One edit, its texts as lines. */
export interface Edit {
  path: string;
  search: string[];
  replace: string[];
}

export const EDIT_ERRORS = [
  'noEdit',
  'notFenced',
  'noPath',
  'unclosed',
  'noDivider',
  'severalDividers',
  'identical',
  'emptySearch',
  'outside',
  'missingFile',
  'notText',
  'notFound',
  'ambiguous',
] as const;

/** Why an edit cannot be taken. */
export interface EditError {
  code: (typeof EDIT_ERRORS)[number];
  message: string;
  path?: string;
}

const SEARCH = /^<{7} SEARCH\s*$/;
const DIVIDER = /^={7}\s*$/;
const REPLACE = /^>{7} REPLACE\s*$/;
const FENCE = /^\s*(`{3,})/;
const PATH = /^###\s+(\S.*?)\s*$/;

/** The edits of an answer (without its thoughts), and what is wrong with those that cannot be read. */
export function parseEdits(answer: string): { edits: Edit[]; errors: EditError[] } {
  const lines = answer.replace(/\r\n/g, '\n').split('\n');
  const edits: Edit[] = [];
  const errors: EditError[] = [];
  let fence = '';
  let path: string | undefined;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (SEARCH.test(line)) {
      const end = lines.findIndex((other, j) => j > i && (REPLACE.test(other) || SEARCH.test(other)));
      const body = lines.slice(i + 1, end < 0 ? undefined : end);
      const closed = end >= 0 && REPLACE.test(lines[end]!);
      const edit = closed ? toEdit(body, path, fence) : unclosed(path);
      if ('code' in edit) errors.push(edit);
      else edits.push(edit);
      if (end < 0) break;
      i = closed ? end : end - 1;
      continue;
    }
    const ticks = FENCE.exec(line)?.[1];
    if (ticks !== undefined && (fence === '' || ticks.length >= fence.length)) {
      fence = fence === '' ? ticks : '';
      path = undefined;
    } else if (fence !== '') path = PATH.exec(line)?.[1] ?? path;
  }
  if (edits.length === 0 && errors.length === 0) {
    errors.push({ code: 'noEdit', message: 'The answer holds no <<<<<<< SEARCH … ======= … >>>>>>> REPLACE block.' });
  }
  return { edits, errors };
}

/** The edit between the lines SEARCH and REPLACE. */
function toEdit(body: readonly string[], path: string | undefined, fence: string): Edit | EditError {
  const at = path === undefined ? {} : { path };
  if (fence === '') return { ...at, code: 'notFenced', message: 'An edit must stand inside a block fenced with ```.' };
  if (path === undefined)
    return { code: 'noPath', message: 'An edit needs a line "### path" before it, in its block.' };
  const dividers = body.filter((line) => DIVIDER.test(line)).length;
  if (dividers === 0) return { path, code: 'noDivider', message: `The edit of ${path} has no line =======.` };
  if (dividers > 1) return { path, code: 'severalDividers', message: `The edit of ${path} has several lines =======.` };
  const divider = body.findIndex((line) => DIVIDER.test(line));
  return { path, search: body.slice(0, divider), replace: body.slice(divider + 1) };
}

function unclosed(path: string | undefined): EditError {
  return {
    ...(path === undefined ? {} : { path }),
    code: 'unclosed',
    message: `The edit${path === undefined ? '' : ` of ${path}`} has no line >>>>>>> REPLACE.`,
  };
}

/** What can be edited: contents of text files by path from the root, with `/`. */
export interface FileSource {
  /** Content; null for what is no text file (a link, a submodule, bytes that are not UTF-8); undefined when missing. */
  read(path: string): Promise<string | null | undefined>;
}

/**
 * Apply edits in order, each to what the ones before it left.
 *
 * @returns new contents of the files that changed, and an error for each edit that does not fit
 */
export async function applyEdits(
  edits: readonly Edit[],
  source: FileSource,
): Promise<{ files: Map<string, string>; errors: EditError[] }> {
  const files = new Map<string, string>();
  const errors: EditError[] = [];
  for (const edit of edits) {
    const path = insidePath(edit.path);
    const content = path === undefined ? undefined : (files.get(path) ?? (await source.read(path)));
    const result = path === undefined ? outside(edit) : applyEdit(edit, content);
    if (typeof result === 'string') files.set(path!, result);
    else errors.push(result);
  }
  return { files, errors };
}

/** A path from the repository's root in its shortest form; undefined when it leads out of it or into `.git`. */
export function insidePath(path: string): string | undefined {
  if (/^(?:[\\/~]|[A-Za-z]:)/.test(path) || path.includes('\0')) return undefined;
  const parts: string[] = [];
  for (const part of path.split(/[\\/]/)) {
    if (part === '..' && parts.pop() === undefined) return undefined;
    if (part !== '' && part !== '.' && part !== '..') parts.push(part);
  }
  return parts.length === 0 || parts[0]!.toLowerCase() === '.git' ? undefined : parts.join('/');
}

function outside({ path }: Edit): EditError {
  return { path, code: 'outside', message: `${path} is not a path inside the repository.` };
}

/** New content of a file, or why the edit does not fit. */
function applyEdit({ path, search, replace }: Edit, content: string | null | undefined): string | EditError {
  const problem = (code: EditError['code'], message: string): EditError => ({ path, code, message });
  if (content === undefined) return problem('missingFile', `There is no file ${path}.`);
  if (content === null) return problem('notText', `${path} is not a text file.`);
  if (search.join('\n') === replace.join('\n')) {
    return problem('identical', `The edit of ${path} changes nothing: search and replace are the same.`);
  }
  if (search.length === 0) return problem('emptySearch', `The edit of ${path} has nothing to search for.`);

  const newline = /^[^\n]*\r\n/.test(content) ? '\r\n' : '\n';
  const { lines, ending } = splitLines(content, newline);
  const found = placesOf(search, lines);
  if (found.length === 0) {
    return problem('notFound', `The search text of the edit of ${path} is not a run of whole lines of that file.`);
  }
  if (found.length > 1) {
    const numbers = found.map((place) => place + 1).join(', ');
    return problem(
      'ambiguous',
      `The search text of the edit of ${path} occurs ${found.length} times, at lines ${numbers}.`,
    );
  }
  const edited = [...lines.slice(0, found[0]), ...replace, ...lines.slice(found[0]! + search.length)];
  return edited.length === 0 ? '' : edited.join(newline) + ending;
}

/** Lines of a file and what stands after the last one. */
function splitLines(content: string, newline: string): { lines: string[]; ending: string } {
  if (content === '') return { lines: [], ending: '' };
  const ending = content.endsWith(newline) ? newline : '';
  return { lines: content.slice(0, content.length - ending.length).split(newline), ending };
}

/** Every index at which the search lines stand. */
function placesOf(search: readonly string[], lines: readonly string[]): number[] {
  const places: number[] = [];
  for (let start = 0; start + search.length <= lines.length; start++) {
    if (search.every((line, i) => line === lines[start + i])) places.push(start);
  }
  return places;
}
