/** What the model is asked: the edits that resolve an issue, or first the files that must change. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../bindings/load.js';
import { fillTemplate, parseTemplate, type TemplateNode } from '../../prompt/template_syntax.js';
import { insidePath } from './edits.js';

function template(name: string): TemplateNode[] {
  const file = join(packageRoot, 'lib/prompt/templates', `${name}.txt`);
  return parseTemplate(readFileSync(file, 'utf8').trimEnd(), file);
}

/** Asks for search/replace edits of these files. */
export function repairPrompt(problem: string, files: readonly { path: string; content: string }[]): string {
  return fillTemplate(template('swe-repair'), { problem, files });
}

/** Asks which of these files must change. */
export function locatePrompt(problem: string, paths: readonly string[], most: number): string {
  return fillTemplate(template('swe-locate'), { problem, most, files: paths.map((path) => ({ path })) });
}

/**
 * As long a list of paths as fits, shown in their own order. Those that share most words with the issue come first
 * into the list: large repositories have more paths than a small model can read.
 *
 * @param fits whether a prompt is short enough
 * @returns undefined when not even one path fits
 */
export function fittingLocatePrompt(
  problem: string,
  paths: readonly string[],
  most: number,
  fits: (prompt: string) => boolean,
): string | undefined {
  const ranked = byRelevance(problem, paths);
  const promptOf = (count: number) => {
    const chosen = new Set(ranked.slice(0, count));
    return locatePrompt(
      problem,
      paths.filter((path) => chosen.has(path)),
      most,
    );
  };
  let fitting = 0;
  let tooMany = ranked.length + 1;
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2);
    if (fits(promptOf(middle))) fitting = middle;
    else tooMany = middle;
  }
  return fitting === 0 ? undefined : promptOf(fitting);
}

/** Paths with the most words of the issue first; a word that few paths have weighs more. */
export function byRelevance(problem: string, paths: readonly string[]): string[] {
  const asked = new Set(words(problem));
  const frequency = new Map<string, number>();
  for (const path of paths)
    for (const word of new Set(words(path))) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const score = (path: string) =>
    [...new Set(words(path))].reduce(
      (sum, word) => (asked.has(word) ? sum + Math.log((paths.length + 1) / frequency.get(word)!) : sum),
      0,
    );
  const scores = new Map(paths.map((path) => [path, score(path)]));
  return [...paths].sort((a, b) => scores.get(b)! - scores.get(a)!);
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[a-z][a-z0-9]+/g) ?? [];
}

/**
 * The files that an answer lists, in its order: lines that are a path of the repository, list marks and quotes around
 * them taken off.
 *
 * @param most how many are taken
 */
export function listedFiles(answer: string, paths: ReadonlySet<string>, most: number): string[] {
  const listed = answer.split(/\r?\n/).map((line) => {
    const bare = line
      .trim()
      .replace(/^(?:[-*+]|\d+[.)]|#+)\s+/, '')
      .replace(/^[`"'*]+|[`"'*:,]+$/g, '');
    return insidePath(bare) ?? '';
  });
  return [...new Set(listed.filter((path) => paths.has(path)))].slice(0, most);
}
