/** Event files for TensorBoard, written as a run goes: `tensorboard --logdir runs` shows and compares runs. */
import { type FileHandle, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../make_folder.js';
import type { Metrics, StepRecord } from '../../train/index.js';
import type { Tracker } from '../../train/tracker.js';
import { record, restartEvent, scalarsEvent, versionEvent } from './event.js';

/**
 * Writes each step's metrics into `tensorboard/` of the run's folder. Every process has a file of its own; one that goes
 * on with a run says from which step on the earlier files are void. A step is in the file when its call ends.
 */
export class TensorBoard implements Tracker {
  readonly name = 'tensorboard';
  private file: FileHandle | undefined;

  async start({ output, resumedFrom }: { output: string; resumedFrom: number | null }): Promise<void> {
    const folder = join(output, 'tensorboard');
    await makeFolder(folder);
    const now = Date.now() / 1000;
    // Readers know event files by `tfevents` in the name, and read them in the order of their names.
    const name = `events.out.tfevents.${now.toFixed(3)}.${hostname()}.${process.pid}`;
    this.file = await open(join(folder, name), 'a');
    const first = [versionEvent(now), ...(resumedFrom === null ? [] : [restartEvent(now, resumedFrom + 1)])];
    await this.file.appendFile(Buffer.concat(first.map(record)));
  }

  async step({ step, metrics }: Pick<StepRecord, 'step' | 'metrics'>): Promise<void> {
    await this.file?.appendFile(record(scalarsEvent(Date.now() / 1000, step, scalarsOf(metrics))));
  }

  async end(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }
}

/**
 * The numbers of a step under the tags that TRL's runs have in TensorBoard: `reward` is `train/reward`, `eval_reward` is
 * `eval/reward`. What is no number, or none in this step, is left out.
 */
export function scalarsOf(metrics: Metrics): Record<string, number> {
  const numbers = Object.entries(metrics).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number' && entry[0] !== 'step',
  );
  return Object.fromEntries(
    numbers.map(([name, value]) => [name.startsWith('eval_') ? `eval/${name.slice(5)}` : `train/${name}`, value]),
  );
}
