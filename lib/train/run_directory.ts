/**
 * The folder of one run:
 *
 *     config.yaml         every setting, defaults filled in
 *     environment.json    versions, machine, data and model
 *     metrics.jsonl       a line a step (and one at the start of a stage that validates)
 *     samples.jsonl       completions with their rewards
 *     checkpoints/step-N  see checkpoint.ts
 *     model/              the result, as a Hugging Face folder
 */
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { configToYaml, loadConfig, type RunConfig } from '../config/index.js';
import { UserError } from '../errors.js';
import { writeWhole } from './files.js';
import type { Metrics, Sample } from './record.js';
import { requireSameSettings } from './same_run.js';

export class RunDirectory {
  readonly path: string;
  readonly checkpoints: string;
  readonly model: string;
  private readonly metrics: string;
  private readonly samples: string;

  private constructor(path: string) {
    this.path = resolve(path);
    this.checkpoints = join(this.path, 'checkpoints');
    this.model = join(this.path, 'model');
    this.metrics = join(this.path, 'metrics.jsonl');
    this.samples = join(this.path, 'samples.jsonl');
  }

  /**
   * Open the directory of a run, making it when needed.
   * @throws UserError when it holds a run already and `resume` is false, or is not a folder of a run.
   */
  static async open(config: RunConfig, resume: boolean): Promise<RunDirectory> {
    const directory = new RunDirectory(config.output);
    const { path } = directory;
    const entries = existsSync(path) ? await readdir(path) : [];
    const isRun = entries.includes('config.yaml');
    if (entries.length > 0 && !isRun) {
      throw new UserError(`${path} is not empty and not a run of Foothold. Choose another output.`, 'FOOTHOLD_RUN');
    }
    if (isRun && !resume) {
      throw new UserError(
        `${path} holds a run already. Go on with it (--resume), or choose another output (--set output=…).`,
        'FOOTHOLD_RUN',
      );
    }
    const file = join(path, 'config.yaml');
    if (isRun) requireSameSettings(loadConfig(file), config, path);
    await mkdir(directory.checkpoints, { recursive: true });
    await writeWhole(file, configToYaml(config));
    return directory;
  }

  async writeEnvironment(environment: object): Promise<void> {
    await writeWhole(join(this.path, 'environment.json'), `${JSON.stringify(environment, null, 2)}\n`);
  }

  async append(metrics: Metrics, samples: readonly Sample[]): Promise<void> {
    await appendFile(this.metrics, `${JSON.stringify(metrics)}\n`);
    if (samples.length > 0)
      await appendFile(this.samples, samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
  }

  /** Remove the lines of steps after a checkpoint, which are going to be made again; -1 removes all. */
  async rewind(step: number, stage: number): Promise<void> {
    for (const file of [this.metrics, this.samples]) {
      if (!existsSync(file)) continue;
      const lines = (await readFile(file, 'utf8')).split('\n');
      await writeWhole(
        file,
        lines
          .filter((line) => isUpTo(line, step, stage))
          .map((line) => `${line}\n`)
          .join(''),
      );
    }
  }
}

/** A line that was cut off when the process died counts as later. */
function isUpTo(line: string, step: number, stage: number): boolean {
  try {
    const at = JSON.parse(line) as { step: number; stage: number };
    return at.step <= step && at.stage <= stage;
  } catch {
    return false;
  }
}
