/**
 * The folder of one run:
 *
 *     config.yaml         every setting, defaults filled in
 *     environment.json    versions, machine, data and model
 *     metrics.jsonl       a line a step (and one at the start of a stage that validates)
 *     samples.jsonl       completions with their rewards
 *     events.jsonl        when it began, was resumed, with which settings changed, what it warned of, how it ended
 *     checkpoints/step-N  see checkpoint.ts
 *     model/              the result, as a Hugging Face folder
 *     .lock               see lock.ts
 */
import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { FileLock } from '../../bindings/io.js';
import { configToYaml, loadConfig, type RunConfig } from '../config/index.js';
import { UserError } from '../errors.js';
import { makeFolder } from '../make_folder.js';
import { removeRemains, writeWhole } from './files.js';
import { lockName, lockRun } from './lock.js';
import { cutAfterLast, LineLog } from './log.js';
import type { Metrics, Sample } from './record.js';
import { type Change, changedSettings, refuseChanges } from './same_run.js';

export class RunDirectory {
  readonly path: string;
  readonly checkpoints: string;
  readonly model: string;
  /** Settings of the run that it holds; null for a new one. */
  private begun: RunConfig | null = null;
  private readonly metrics: LineLog;
  private readonly samples: LineLog;
  private readonly events: LineLog;
  private lock: FileLock | null = null;

  private constructor(path: string) {
    this.path = resolve(path);
    this.checkpoints = this.file('checkpoints');
    this.model = this.file('model');
    this.metrics = new LineLog(this.file('metrics.jsonl'));
    this.samples = new LineLog(this.file('samples.jsonl'));
    this.events = new LineLog(this.file('events.jsonl'));
  }

  /**
   * Open the directory of a run for this process alone, making it when needed; `close` lets others at it.
   * @throws UserError when it holds a run already and `resume` is false, is not a folder of a run, or is in use.
   */
  static async open(output: string, { resume = false }, warn: (message: string) => void) {
    const directory = new RunDirectory(output);
    await directory.refuseForeign();
    await makeFolder(directory.checkpoints).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === undefined) throw cause; // not the system's
      throw new UserError(
        `The run directory cannot be made: ${cause.message}. Choose another output.`,
        'FOOTHOLD_RUN',
        {
          cause,
        },
      );
    });
    directory.lock = lockRun(directory.path);
    if (!directory.lock) {
      warn(`the file system of ${directory.path} has no locks: see to it yourself that no second process uses it`);
    }
    try {
      await directory.pickUp(resume);
      return directory;
    } catch (error) {
      directory.lock?.release();
      throw error;
    }
  }

  private async refuseForeign(): Promise<void> {
    const entries = existsSync(this.path) ? await readdir(this.path) : [];
    // What a run that died before it was written down may have left.
    const own = ['checkpoints', lockName, 'config.yaml.partial'];
    if (!entries.includes('config.yaml') && entries.some((name) => !own.includes(name))) {
      throw new UserError(
        `${this.path} is not empty and not a run of Foothold. Choose another output.`,
        'FOOTHOLD_RUN',
      );
    }
  }

  /** What is to be gone on with. */
  private async pickUp(resume: boolean): Promise<void> {
    const file = this.file('config.yaml');
    if (existsSync(file) && (resume || (await this.holdsSteps()))) {
      if (!resume) {
        throw new UserError(
          `${this.path} holds a run already. Go on with it (--resume), or choose another output (--set output=…).`,
          'FOOTHOLD_RUN',
        );
      }
      this.begun = loadConfig(file);
    }
    await removeRemains(this.path);
    await removeRemains(this.checkpoints);
  }

  /** Whether there is anything to lose: a run that failed before its first step has left settings only. */
  private async holdsSteps(): Promise<boolean> {
    const metrics = this.file('metrics.jsonl');
    const written = existsSync(metrics) && statSync(metrics).size > 0;
    return written || (await readdir(this.checkpoints)).some((name) => name.startsWith('step-'));
  }

  /**
   * From now on it is the directory of a run with these settings.
   *
   * @param stage the one that the run is in
   * @returns settings that make it another run than the one that was begun
   * @throws UserError that names those, unless `override` accepts them
   */
  async adopt(config: RunConfig, stage: number, override = false): Promise<Change[]> {
    const changes = this.begun ? changedSettings(this.begun, config, stage) : [];
    if (!override) refuseChanges(changes, this.path);
    await writeWhole(this.file('config.yaml'), configToYaml(config));
    return changes;
  }

  close(): void {
    this.lock?.release();
    this.lock = null;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async writeEnvironment(environment: object): Promise<void> {
    await writeWhole(this.file('environment.json'), `${JSON.stringify(environment, null, 2)}\n`);
  }

  /** Take in what a step leaves behind. It is written beside what comes next: see `failure` and `flush`. */
  append(metrics: Metrics, samples: readonly Sample[]): void {
    this.metrics.append([metrics]);
    this.samples.append(samples);
  }

  /** Note what happened to the run. */
  note(event: string, details: object = {}): void {
    this.events.append([{ time: new Date().toISOString(), event, ...details }]);
  }

  /** Why lines could not be written; they still wait. */
  get failure(): Error | null {
    return this.metrics.failure ?? this.samples.failure ?? this.events.failure;
  }

  /** Bring all lines to the disk. @throws why that cannot be done. */
  async flush(): Promise<void> {
    for (const log of [this.metrics, this.samples, this.events]) await log.flush();
  }

  /** Remove the lines of steps after a checkpoint, which are going to be made again; -1 removes all. */
  async rewind(step: number, stage: number): Promise<void> {
    for (const file of [this.file('metrics.jsonl'), this.file('samples.jsonl')]) {
      if (existsSync(file)) await cutAfterLast(file, (line) => isUpTo(line, step, stage));
    }
  }
}

/** A line that was damaged counts as later. */
function isUpTo(line: string, step: number, stage: number): boolean {
  try {
    const at = JSON.parse(line) as { step: number; stage: number };
    return at.step <= step && at.stage <= stage;
  } catch {
    return false;
  }
}
