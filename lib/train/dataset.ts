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
  const heldOut = validation?.file ? (await readInstances(validation.file, options)).train : read.validation;
  const needsAnswer = stage.method !== 'sft' && stage.rewards.some(({ reward }) => reward === 'answer');
  const train = needsAnswer ? withAnswer(read.train, file) : read.train;
  if (train.length === 0) {
    const reasons = Object.entries(read.report.dropped).map(([reason, count]) => `${count}: ${reason}`);
    throw new UserError(
      `${file} has no instance to train on (${read.report.rows} rows read; ${reasons.join('; ') || 'none dropped'})`,
    );
  }
  return { train, validation: needsAnswer ? withAnswer(heldOut, file) : heldOut, report: read.report };
}

function withAnswer(instances: Instance[], file: string): Instance[] {
  const missing = instances.find(({ answer }) => answer === undefined);
  if (!missing) return instances;
  throw new UserError(`${file}: ${missing.id} has no answer, which the reward "answer" compares with.`);
}
