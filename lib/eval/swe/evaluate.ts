/**
 * Resolving issues with a model, in one of two settings: `oracle`, where it is given the files that the reference patch
 * changes, and `two-stage`, where it first says which files to change and then edits those. Whether a patch resolves
 * its issue is for the SWE-bench harness to find out; here the patches are made.
 */
import { applyEdits, type EditError, parseEdits } from './edits.js';
import { fittingLocatePrompt, listedFiles, repairPrompt } from './prompts.js';
import type { Repository } from './repository.js';
import type { SweTask } from './tasks.js';

export const SETTINGS = ['oracle', 'two-stage'] as const;
export type Setting = (typeof SETTINGS)[number];

/** Files that the first stage may name. */
const MOST_FILES = 3;

/** A model, as far as this needs one. */
export interface SweModel {
  /** Whether a prompt is short enough for it. */
  fits(prompt: string): boolean;
  /** Its answer to a prompt, without the thoughts. */
  answer(prompt: string): Promise<string>;
}

/** Why there is no patch. */
export interface SweError {
  code: EditError['code'] | 'noFiles' | 'promptTooLong';
  message: string;
  path?: string;
}

export interface SweResult {
  id: string;
  setting: Setting;
  /** Files that were shown for the repair. */
  files: string[];
  /** The model's answers, one a stage. */
  answers: string[];
  /** Unified diff; empty where there are errors. */
  patch: string;
  errors: SweError[];
}

/** Let a model resolve one issue. An answer with any edit that does not fit gives no patch, but the errors. */
export async function resolveIssue(
  task: SweTask,
  repository: Repository,
  model: SweModel,
  setting: Setting,
): Promise<SweResult> {
  const result: SweResult = { id: task.id, setting, files: [], answers: [], patch: '', errors: [] };
  const fail = (...errors: SweError[]): SweResult => ({ ...result, errors });

  const files = setting === 'oracle' ? task.oracleFiles : await locate(task, repository, model, result.answers);
  if (!Array.isArray(files)) return fail(files);
  result.files = files;
  const shown: { path: string; content: string }[] = [];
  for (const path of files) {
    const content = await repository.read(path);
    if (typeof content === 'string') shown.push({ path, content });
  }
  if (shown.length === 0) return fail({ code: 'noFiles', message: whyNoFiles(setting) });

  const prompt = repairPrompt(task.problem, shown);
  if (!model.fits(prompt)) {
    return fail({
      code: 'promptTooLong',
      message: `The issue with ${result.files.join(', ')} is longer than a prompt may be.`,
    });
  }
  const answer = await model.answer(prompt);
  result.answers.push(answer);
  const parsed = parseEdits(answer);
  const applied = await applyEdits(parsed.edits, repository);
  const errors = [...parsed.errors, ...applied.errors];
  return errors.length > 0 ? fail(...errors) : { ...result, patch: await repository.diff(applied.files) };
}

/** The first stage: files that the model wants to see. */
async function locate(
  task: SweTask,
  repository: Repository,
  model: SweModel,
  answers: string[],
): Promise<string[] | SweError> {
  const paths = repository.files();
  const prompt = fittingLocatePrompt(task.problem, paths, MOST_FILES, (text) => model.fits(text));
  if (prompt === undefined) return tooLong('The issue alone');
  const answer = await model.answer(prompt);
  answers.push(answer);
  return listedFiles(answer, new Set(paths), MOST_FILES);
}

function tooLong(what: string): SweError {
  return { code: 'promptTooLong', message: `${what} is longer than a prompt may be.` };
}

function whyNoFiles(setting: Setting): string {
  return setting === 'oracle'
    ? 'The reference patch changes no text file that is there at this commit.'
    : 'The answer names no file of the repository.';
}
