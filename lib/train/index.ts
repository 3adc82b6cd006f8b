import { defineConfig, loadConfig, type RunConfig, type RunInput } from '../config/index.js';
import type { StepRecord, TrainerOptions, TrainResult } from './run.js';
import { Trainer } from './trainer.js';

export type { Phase } from './context.js';
export type { Metrics, Sample } from './record.js';
export type { StepRecord, TrainerOptions, TrainResult } from './run.js';
export type { RunEnd, RunStart, Tracker } from './tracker.js';
export { Trainer } from './trainer.js';

export interface TrainOptions extends TrainerOptions {
  onStep?: (step: StepRecord) => void;
}

/**
 * Train a model from beginning to end.
 *
 *     const { model } = await train({
 *       model: 'HuggingFaceTB/SmolLM2-135M-Instruct', data: 'train.jsonl', output: 'runs/first',
 *       method: 'srl', batchSize: 4, maxPromptLength: 384, maxCompletionLength: 160, maxSteps: 20,
 *     });
 *
 * @param config path of a YAML file, or its keys as an object; see `docs/configuration.md`.
 * @throws UserError that says what is wrong with configuration, model or data.
 */
export async function train(
  config: string | RunInput,
  { onStep, ...options }: TrainOptions = {},
): Promise<TrainResult> {
  const trainer = await Trainer.create(readConfig(config), options);
  for await (const step of trainer) onStep?.(step);
  return trainer.result;
}

function readConfig(config: string | RunInput): RunConfig {
  return typeof config === 'string' ? loadConfig(config) : defineConfig(config);
}
