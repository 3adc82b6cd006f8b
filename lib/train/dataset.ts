/** The instances of a stage, read as the configuration says. */
import type { RunConfig, StageConfig } from '../config/index.js';
import type { Instance } from '../data/instance.js';
import type { DataOptions } from '../data/options.js';
import { readInstances } from '../data/read.js';
import type { DataReport } from '../data/report.js';
import { UserError } from '../errors.js';

export interface Dataset {
  train: Instance[];
  validation: Instance[];
  report: DataReport;
}

/** @throws UserError when a file cannot be read or nothing is left to train on. */
export async function readDataset(
  { data, seed }: Pick<RunConfig, 'data' | 'seed'>,
  stage: StageConfig,
): Promise<Dataset> {
  const { train: file, validation, ...given } = data;
  const options = { ...given, unit: stage.unit } as DataOptions;
  const split = validation && !validation.file ? { ...validation, seed } : undefined;
  const read = await readInstances(file, { ...options, ...(split && { validation: split }) } as DataOptions);
  const { train, report } = read;
  if (train.length === 0) throw nothingIn(file, 'train on', report);
  const heldOut = validation?.file ? await readHeldOut(validation.file, options) : read.validation;
  if (stage.method !== 'sft' && stage.rewards.some(({ reward }) => reward === 'answer')) {
    checkAnswers(train, file);
    checkAnswers(heldOut, validation?.file ?? file);
  }
  return { train, validation: heldOut, report };
}

async function readHeldOut(file: string, options: DataOptions): Promise<Instance[]> {
  const { train, report } = await readInstances(file, { ...options, acceptPrepared: true });
  if (train.length === 0) throw nothingIn(file, 'validate on', report);
  return train;
}

function nothingIn(file: string, purpose: string, { rows, dropped }: DataReport): UserError {
  const reasons = Object.entries(dropped).map(([reason, count]) => `${count}: ${reason}`);
  return new UserError(
    `${file} has no instance to ${purpose} (${rows} rows read; ${reasons.join('; ') || 'none dropped'})`,
  );
}

function checkAnswers(instances: readonly Instance[], file: string): void {
  const missing = instances.find(({ answer }) => answer === undefined || answer.trim() === '');
  if (!missing) return;
  throw new UserError(`${file}: ${missing.id} has no answer, which the reward "answer" compares with.`);
}
