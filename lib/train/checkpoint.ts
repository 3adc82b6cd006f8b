/**
 * A checkpoint: a Hugging Face folder with three more files, `optimizer.safetensors`, `state.json` and `manifest.json`.
 * It is written beside its place and renamed, so that a folder named `step-N` is whole; the manifest shows whether it
 * still is.
 */
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { DType } from '../../bindings/torch.js';
import { UserError } from '../errors.js';
import { saveModelFolder } from '../model/save.js';
import type { ModelSource } from '../model/source.js';
import { publishFolder, removeFolder, writeWhole } from './files.js';
import { damage, manifestFile, writeManifest } from './manifest.js';
import type { TrainablePolicy } from './policy.js';
import { progressFromJson, progressToJson } from './serialize.js';
import type { RunState } from './state.js';

const stateVersion = 2;
const optimizerFile = 'optimizer.safetensors';
const stateFile = 'state.json';

const stateSchema = z.object({
  version: z.literal(stateVersion),
  stage: z.int().min(0),
  best: z.object({ step: z.int(), score: z.number() }).nullable(),
  validationsWithoutImprovement: z.int(),
  start: z.int().nullable(),
  badSteps: z.int().min(0),
  maxTokensPerMicroBatch: z.int().min(1).nullable(),
  unvalidated: z
    .object({
      metrics: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
      samples: z.array(z.looseObject({})),
    })
    .nullable()
    .default(null),
  progress: z.looseObject({
    step: z.int().min(0),
    stageStep: z.int().min(0),
    position: z.int().min(0),
    buffer: z.array(z.looseObject({})),
  }),
});

/** Folder of the checkpoint of a step. */
export function checkpointFolder(checkpoints: string, step: number): string {
  return join(checkpoints, `step-${step}`);
}

export function weightsFile(folder: string): string {
  return join(folder, 'model.safetensors');
}

/** A checkpoint on its way to the disk. */
export interface Saving {
  /** Settles when the weights may change again: the policy sees to it that what is written are those of now. */
  taken: Promise<void>;
  /** Settles when the checkpoint stands under its name, or cannot be written. */
  written: Promise<void>;
}

/**
 * Begin to write a checkpoint of the policy as it is now.
 * @param origin for people who find it: configuration and versions. Resuming reads those of the run directory.
 * @param beforeCommit what must be on the disk before the checkpoint counts.
 */
export function saveCheckpoint(
  checkpoints: string,
  policy: TrainablePolicy,
  model: ModelSource,
  dtype: DType,
  state: RunState,
  origin: object,
  beforeCommit: () => Promise<void>,
): Saving {
  const stateJson = JSON.stringify({
    version: stateVersion,
    ...state,
    progress: progressToJson(state.progress),
    origin,
  });
  const final = checkpointFolder(checkpoints, state.progress.step);
  const partial = join(checkpoints, `.${basename(final)}.partial`);
  let take = () => {};
  const taken = new Promise<void>((resolve) => {
    take = resolve;
  });
  const write = async () => {
    await rm(partial, { recursive: true, force: true });
    await saveModelFolder(partial, model, dtype, (weights) => {
      const saved = policy.save({ weights, optimizer: join(dirname(weights), optimizerFile) });
      take();
      return saved;
    });
    await writeWhole(join(partial, stateFile), `${stateJson}\n`);
    await writeManifest(partial);
    await beforeCommit();
    await publishFolder(partial, final);
  };
  const written = write();
  return { taken: Promise.race([taken, written]), written };
}

/**
 * The newest whole checkpoint.
 * @param onDamage told of each newer one that is not whole.
 */
export async function lastCheckpoint(
  checkpoints: string,
  onDamage: (message: string) => void,
): Promise<{ folder: string; step: number; state: RunState } | null> {
  for (const step of (await checkpointSteps(checkpoints)).reverse()) {
    const folder = checkpointFolder(checkpoints, step);
    const wrong = await damage(folder);
    if (wrong === null) return { folder, step, state: await loadState(folder) };
    onDamage(`the checkpoint ${folder} is damaged (${wrong}); going on from the one before`);
  }
  return null;
}

/**
 * State of a checkpoint.
 * @throws UserError when it cannot be read.
 */
async function loadState(folder: string): Promise<RunState> {
  const file = join(folder, stateFile);
  try {
    const { version: _, ...state } = stateSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    const { step } = state.progress;
    if (folder !== checkpointFolder(dirname(folder), step)) throw new Error(`it says that it is of step ${step}`);
    const progress = progressFromJson(state.progress as unknown as Parameters<typeof progressFromJson>[0]);
    return { ...state, progress, unvalidated: state.unvalidated as RunState['unvalidated'] };
  } catch (error) {
    throw new UserError(`${file} is not a checkpoint's state: ${(error as Error).message}`, 'FOOTHOLD_CHECKPOINT');
  }
}

export async function loadOptimizer(folder: string, policy: TrainablePolicy): Promise<void> {
  await policy.loadOptimizer(join(folder, optimizerFile));
}

/** Steps that have a checkpoint, rising. */
async function checkpointSteps(checkpoints: string): Promise<number[]> {
  const names = await readdir(checkpoints);
  return names.flatMap((name) => /^step-(\d+)$/.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => a - b);
}

/** Delete checkpoints but the newest `limit` and those of the steps to keep. */
export async function pruneCheckpoints(
  checkpoints: string,
  limit: number,
  keep: readonly (number | null)[],
): Promise<void> {
  const steps = (await checkpointSteps(checkpoints)).filter((step) => !keep.includes(step));
  for (const step of steps.slice(0, Math.max(0, steps.length - limit))) {
    await removeFolder(checkpointFolder(checkpoints, step));
  }
}

/** Copy the model of a checkpoint, without what only training needs. */
export async function exportModel(folder: string, to: string): Promise<void> {
  const partial = `${to}.partial`;
  await rm(partial, { recursive: true, force: true });
  await cp(folder, partial, {
    recursive: true,
    filter: (source) => ![optimizerFile, stateFile, manifestFile].includes(basename(source)),
  });
  await publishFolder(partial, to);
}
