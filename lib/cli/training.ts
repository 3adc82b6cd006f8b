/** What `foothold train` does: runs a configuration, and ends well when it is interrupted. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, type RunConfig } from '../config/index.js';
import { UserError } from '../errors.js';
import { dryRun } from '../train/dry_run.js';
import { Trainer, type TrainResult } from '../train/index.js';
import type { TrainArguments } from './commands/train.js';
import { dryRunText } from './dry_run.js';
import { exitOnSignals } from './exit_on_signals.js';
import { Interrupt } from './interrupt.js';
import { openProgress } from './progress/index.js';

export async function runTraining(options: TrainArguments): Promise<void> {
  const file = configFile(options.config, options.resume);
  // The directory that is named is the run, also where it was moved or copied, or is named from elsewhere.
  const own = file === options.config ? [] : [`output=${JSON.stringify(options.config)}`];
  const config = () => loadConfig(file, [...own, ...options.set]);
  if (options.dryRun) await lookAt(config(), options);
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

/** `--dry-run`: with `--json`, one object a stage instead of text. */
async function lookAt(config: RunConfig, { sample, quiet, json }: TrainArguments): Promise<void> {
  exitOnSignals();
  const progress = openProgress({ quiet });
  try {
    const stages = await dryRun(config, sample, {
      onPhase: (phase) => progress.enter(phase),
      onProgress: (done) => progress.advance(done),
    });
    const text = json ? stages.map((stage) => `${JSON.stringify(stage)}\n`).join('') : dryRunText(stages);
    progress.report({}, () => text);
  } finally {
    progress.close();
  }
}

async function run(config: () => RunConfig, { resume, override, quiet, json }: TrainArguments): Promise<void> {
  const progress = openProgress({ quiet, json });
  const interrupt = new Interrupt((message) => progress.log(message));
  let begun = false;
  try {
    const trainer = await Trainer.create(config(), {
      resume,
      override,
      signal: interrupt.signal,
      onWarning: (message) => progress.warn(message),
      onPhase: (phase) => progress.enter(phase),
      onProgress: (done) => progress.advance(done),
      trackers: [progress],
    });
    begun = true;
    interrupt.attach(trainer);
    for await (const _ of trainer); // the progress is told as a tracker
    progress.close();
    if (!json) progress.log(closing(trainer.result));
  } catch (error) {
    if (json && !begun) await progress.end?.({ outcome: 'failed', error });
    if (begun || !interrupt.signal.aborted) throw error;
    progress.close();
    if (!json) progress.log('Stopped before the first step; nothing to save.');
  } finally {
    progress.close();
    interrupt.detach();
  }
  if (interrupt.exitCode !== undefined) process.exitCode = interrupt.exitCode;
}

function closing({ outcome, step, checkpoint, output, model, best }: TrainResult): string {
  if (outcome === 'finished') {
    const held = best ? ` Best on held-out data: ${best.score.toFixed(4)} at step ${best.step}.` : '';
    return `Finished after ${step} ${step === 1 ? 'step' : 'steps'}.${held}\nModel: ${model}\nTry it: npx foothold generate --model ${model} --prompt "…"`;
  }
  return stoppedText({ checkpoint, output });
}

/** What a run that was stopped tells the user. */
export function stoppedText({ checkpoint, output }: Pick<TrainResult, 'checkpoint' | 'output'>): string {
  if (checkpoint === null)
    return `Stopped before the first step was done; nothing to save. Start again: foothold train ${output} --resume`;
  return `Stopped; step ${checkpoint} is saved. Go on with: foothold train ${output} --resume`;
}
