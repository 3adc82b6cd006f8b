/** What `foothold train` does: runs a configuration, and ends well when it is interrupted. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, type RunConfig } from '../config/index.js';
import { UserError } from '../errors.js';
import { dryRun } from '../train/dry_run.js';
import { Trainer, type TrainResult } from '../train/index.js';
import type { TrainArguments } from './commands/train.js';
import { dryRunText } from './dry_run.js';
import { Progress } from './progress.js';

export async function runTraining(options: TrainArguments): Promise<void> {
  const config = loadConfig(configFile(options.config, options.resume), options.set);
  if (options.dryRun) process.stdout.write(dryRunText(await dryRun(config, options.sample)));
  else await run(config, options.resume);
}

function configFile(path: string, resume: boolean): string {
  if (!existsSync(path) || !statSync(path).isDirectory()) return path;
  const file = join(path, 'config.yaml');
  if (existsSync(file) && resume) return file;
  throw new UserError(
    existsSync(file)
      ? `${path} is the directory of a run: add --resume to go on with it.`
      : `${path} is a folder without config.yaml. Give a configuration file, or the directory of a run with --resume.`,
    'FOOTHOLD_CONFIG',
  );
}

async function run(config: RunConfig, resume: boolean): Promise<void> {
  const progress = new Progress();
  const interrupt = new Interrupt((message) => progress.log(message));
  try {
    const trainer = await Trainer.create(config, {
      resume,
      signal: interrupt.signal,
      onWarning: (message) => progress.log(`warning: ${message}`),
      onPhase: (phase) => progress.enter(phase),
      onProgress: (tokens) => progress.advance(tokens),
    });
    interrupt.attach(trainer);
    for await (const step of trainer) progress.step(step);
    progress.close();
    process.stderr.write(closing(trainer.result));
  } finally {
    progress.close();
    interrupt.detach();
  }
  if (interrupt.exitCode !== undefined) process.exitCode = interrupt.exitCode;
}

function closing({ outcome, step, checkpoint, output, model, best }: TrainResult): string {
  if (outcome === 'finished') {
    const held = best ? ` Best on held-out data: ${best.score.toFixed(4)} at step ${best.step}.` : '';
    return `Finished after ${step} steps.${held}\nModel: ${model}\nTry it: foothold generate --model ${model} --prompt "…"\n`;
  }
  if (checkpoint === null)
    return `Stopped before the first step was done; nothing to save. Start again: foothold train ${output} --resume\n`;
  return `Stopped; step ${checkpoint} is saved. Go on with: foothold train ${output} --resume\n`;
}

/** The first signal lets the step finish, the second abandons it, the third ends the process. */
class Interrupt {
  private readonly abort = new AbortController();
  private trainer: Trainer | undefined;
  private count = 0;
  exitCode: number | undefined;

  constructor(private readonly say: (message: string) => void) {
    process.on('SIGINT', this.onSignal).on('SIGTERM', this.onSignal);
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  attach(trainer: Trainer): void {
    this.trainer = trainer;
    if (this.count > 0) trainer.stop();
  }

  detach(): void {
    process.off('SIGINT', this.onSignal).off('SIGTERM', this.onSignal);
  }

  private readonly onSignal = (signal: NodeJS.Signals): void => {
    this.exitCode = signal === 'SIGINT' ? 130 : 143;
    this.count++;
    if (this.count === 1) {
      this.say('Finishing this step, then saving. Once more (Ctrl-C) gives the step up.');
      this.trainer?.stop();
    } else if (this.count === 2) {
      this.say('Giving up this step. Once more (Ctrl-C) ends at once, without saving.');
      this.abort.abort(new Error(`interrupted by ${signal}`));
    } else {
      process.exit(this.exitCode);
    }
  };
}
