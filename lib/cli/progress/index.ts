/**
 * What a command shows while it works. Progress goes to standard error, results to standard output, so that the one can
 * be watched while the other is piped.
 *
 * In a terminal a few lines are redrawn in place; elsewhere, and where `CI` is set, plain lines are written. `--quiet`
 * leaves warnings alone. `--json` makes events of it all, on standard output.
 */
import { loadModelSource, type ModelSource } from '../../model/source.js';
import type { Tracker } from '../../train/index.js';
import type { Activity } from './activity.js';
import { JsonProgress } from './json.js';
import { LiveProgress } from './live.js';
import { hasColours, isLive, painter } from './paint.js';
import { PlainProgress } from './plain.js';

/** Also a tracker of a training run: it shows the run's steps. */
export interface Progress extends Tracker {
  /** A part of the work begins. */
  enter(activity: Activity): void;
  /** How far the part is, in the activity's unit; a total of 0 is not known. */
  advance(progress: { done: number; total: number }): void;
  /** One of many things is done; said in a line where there is room for a line each. */
  item(progress: { done: number; total: number }, text: string): void;
  /** A result, on standard output: text for people, or with `--json` an event of type `report` with the data. */
  report(data: object, text: () => string): void;
  /** A line for the user that stays. */
  log(message: string): void;
  warn(message: string): void;
  /** Nothing more is shown in place. What was logged stays. May be called again. */
  close(): void;
}

export interface ProgressOptions {
  quiet?: boolean;
  json?: boolean;
}

export function openProgress(
  { quiet = false, json = false }: ProgressOptions,
  stream: NodeJS.WriteStream = process.stderr,
  env: NodeJS.ProcessEnv = process.env,
): Progress {
  if (json) return new JsonProgress(process.stdout);
  const paint = painter(hasColours(stream, env));
  if (!quiet && isLive(stream, env)) return new LiveProgress(stream, paint);
  return new PlainProgress(stream, paint, quiet);
}

/** Find a model, and fetch it if need be, with its progress shown. */
export function fetchModel(name: string, progress: Progress): Promise<ModelSource> {
  progress.enter('fetch');
  return loadModelSource(name, { onProgress: ({ received, total }) => progress.advance({ done: received, total }) });
}
