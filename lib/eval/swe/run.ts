/** Resolves the issues of a data set one after the other; what is done is kept when a run is taken up again. */
import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readLines } from '../../data/lines.js';
import { LineWriter } from '../../data/write.js';
import { UserError } from '../../errors.js';
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
 * of another model
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
    await appendLine(detailsFile(options.out), result);
    await appendLine(options.out, prediction(task, result, options.name));
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

/** Finished predictions of an earlier run. A line that a crash cut short is taken out of the file. */
async function earlierPredictions({ out, name }: SweRunOptions): Promise<Map<string, Prediction>> {
  const known = new Map<string, Prediction>();
  const writer = await LineWriter.open(out);
  try {
    if (existsSync(out)) {
      for await (const { text, number } of readLines(out)) {
        const line = parsePrediction(text);
        if (line === undefined) continue;
        if (line.model_name_or_path !== name) {
          throw new UserError(
            `${out} line ${number} is a prediction of ${line.model_name_or_path}, not of ${name}. ` +
              'Give another --out, or remove the file.',
          );
        }
        known.set(line.instance_id, line);
        await writer.write(text);
      }
    }
    await writer.commit();
    return known;
  } finally {
    await writer.discard();
  }
}

function parsePrediction(text: string): Prediction | undefined {
  try {
    const value = JSON.parse(text) as Partial<Prediction>;
    const { instance_id: id, model_name_or_path: name, model_patch: patch } = value;
    const whole = typeof id === 'string' && typeof name === 'string' && typeof patch === 'string';
    return whole ? { instance_id: id, model_name_or_path: name, model_patch: patch } : undefined;
  } catch {
    return undefined;
  }
}

function prediction(task: SweTask, { patch }: SweResult, name: string): Prediction {
  return { instance_id: task.id, model_name_or_path: name, model_patch: patch };
}

/** `predictions.jsonl` → `predictions.details.jsonl`. */
export function detailsFile(out: string): string {
  return `${out.replace(/\.jsonl$/, '')}.details.jsonl`;
}

async function appendLine(file: string, value: object): Promise<void> {
  await appendFile(file, `${JSON.stringify(value)}\n`);
}
