/** Resolves the issues of a data set one after the other; what is done is kept when a run is taken up again. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '../../data/row.js';
import { UserError } from '../../errors.js';
import { writeWhole } from '../../train/files.js';
import { appendedLines, appendLines, openLines } from '../appended_lines.js';
import { checkSettings, type Settings } from '../settings.js';
import { resolveIssue, type Setting, type SweModel, type SweResult } from './evaluate.js';
import { Repository } from './repository.js';
import type { SweTask } from './tasks.js';

/** A line of the file that the SWE-bench harness reads. */
export interface Prediction {
  instance_id: string;
  model_name_or_path: string;
  model_patch: string;
}

export interface SweRunOptions {
  /** Folder of checkouts, see `checkoutOf`. */
  repos: string;
  setting: Setting;
  /** File of predictions; files shown, answers and errors go to the same name ending in `.details.jsonl`. */
  out: string;
  /** `model_name_or_path` of the predictions. */
  name: string;
  /** What the answers depend on besides: a run is not taken up with others. */
  settings: Settings;
  model: SweModel;
  onResult?: (result: SweResult, done: number, total: number) => void;
}

export interface SweReport {
  tasks: number;
  /** Tasks with a patch. */
  patched: number;
  /** Tasks that an earlier run had done. */
  kept: number;
  /** Tasks of this run without a patch, by the code of their first error. */
  failed: Record<string, number>;
}

/**
 * @throws UserError when a checkout is missing, before the model is asked anything, or when the file holds predictions
 * of another model or with other settings
 */
export async function runSwe(tasks: readonly SweTask[], options: SweRunOptions): Promise<SweReport> {
  const folders = tasks.map((task) => checkoutOf(task, options.repos));
  const before = await earlierPredictions(options);
  const report: SweReport = { tasks: tasks.length, patched: 0, kept: 0, failed: {} };
  for (const [i, task] of tasks.entries()) {
    const known = before.get(task.id);
    if (known !== undefined) {
      report.kept++;
      if (known.model_patch !== '') report.patched++;
      continue;
    }
    const repository = await Repository.open(folders[i]!, task.commit);
    const result = await resolveIssue(task, repository, options.model, options.setting);
    const failure = result.errors[0]?.code ?? (result.patch === '' ? 'identical' : undefined);
    if (failure === undefined) report.patched++;
    else report.failed[failure] = (report.failed[failure] ?? 0) + 1;
    await appendLines(detailsFile(options.out), [{ ...result, settings: options.settings }]);
    await appendLines(options.out, [prediction(task, result, options.name)]);
    options.onResult?.(result, i + 1, tasks.length);
  }
  return report;
}

/**
 * The checkout of a task: the folder itself where it is one, else in it `<instance id>`, `<owner>__<name>` or
 * `<owner>/<name>`. A bare repository will do.
 *
 * @throws UserError that says where it was looked for
 */
export function checkoutOf(task: SweTask, repos: string): string {
  const isRepository = (folder: string) => existsSync(join(folder, '.git')) || existsSync(join(folder, 'HEAD'));
  const repo = task.repo ?? task.id.replace(/-\d+$/, '').replace('__', '/');
  const places = [repos, join(repos, task.id), join(repos, repo.replace('/', '__')), join(repos, repo)];
  const found = places.find(isRepository);
  if (found !== undefined) return found;
  throw new UserError(
    `No git repository for ${task.id}: there is none at ${places.join(', ')}. Clone it to one of these.`,
  );
}

/** Predictions of an earlier run. Details of a task that it did not come to predict are taken out of their file. */
async function earlierPredictions({ out, name, settings }: SweRunOptions): Promise<Map<string, Prediction>> {
  const known = new Map<string, Prediction>();
  for (const { number, value: line } of await openLines(out)) {
    if (!isPrediction(line)) {
      throw new UserError(`${out} line ${number}: not a prediction. Delete this line, or give another --out.`);
    }
    if (line.model_name_or_path !== name) {
      throw new UserError(
        `${out} line ${number} is a prediction of ${line.model_name_or_path}, not of ${name}. ` +
          'Give another --out, or remove the file.',
      );
    }
    known.set(line.instance_id, line);
  }
  const details = await appendedLines(detailsFile(out));
  const kept = details.filter(({ value: line }) => {
    if (!known.has(String(line?.id))) return false;
    if (isObject(line?.settings)) checkSettings(line.settings as Settings, settings, out, 'file');
    return true;
  });
  if (kept.length < details.length) await writeWhole(detailsFile(out), kept.map(({ text }) => `${text}\n`).join(''));
  return known;
}

function isPrediction(value: object | undefined): value is Prediction {
  const { instance_id: id, model_name_or_path: name, model_patch: patch } = (value ?? {}) as Partial<Prediction>;
  return typeof id === 'string' && typeof name === 'string' && typeof patch === 'string';
}

function prediction(task: SweTask, { patch }: SweResult, name: string): Prediction {
  return { instance_id: task.id, model_name_or_path: name, model_patch: patch };
}

/** `predictions.jsonl` → `predictions.details.jsonl`. */
export function detailsFile(out: string): string {
  return `${out.replace(/\.jsonl$/, '')}.details.jsonl`;
}
