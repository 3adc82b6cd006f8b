/** What `foothold train` does: runs a configuration, and ends well when it is interrupted. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, type RunConfig } from '../config/index.js';
import { UserError } from '../errors.js';
import { dryRun } from '../train/dry_run.js';
import { Trainer, type TrainResult } from '../train/index.js';
import type { TrainArguments } from './commands/train.js';
import { dryRunText } from './dry_run.js';
import { Interrupt } from './interrupt.js';
import { Progress } from './progress.js';

export async function runTraining(options: TrainArguments): Promise<void> {
  const config = loadConfig(configFile(options.config, options.resume), options.set);
  if (options.dryRun) process.stdout.write(dryRunText(await dryRun(config, options.sample)));
  else await run(config, options);
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

async function run(
  config: RunConfig,
  { resume, override }: Pick<TrainArguments, 'resume' | 'override'>,
): Promise<void> {
  const progress = new Progress();
  const interrupt = new Interrupt((message) => progress.log(message));
  try {
    const trainer = await Trainer.create(config, {
      resume,
      override,
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
  return stoppedText({ checkpoint, output });
}

/** What a run that was stopped tells the user. */
export function stoppedText({ checkpoint, output }: Pick<TrainResult, 'checkpoint' | 'output'>): string {
  if (checkpoint === null)
    return `Stopped before the first step was done; nothing to save. Start again: foothold train ${output} --resume\n`;
  return `Stopped; step ${checkpoint} is saved. Go on with: foothold train ${output} --resume\n`;
}
