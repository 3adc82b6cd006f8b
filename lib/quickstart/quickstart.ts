/** The quickstart: measure the base model, train it with SRL through the ordinary trainer, measure again. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallOptions } from '../../bindings/torch.js';
import type { RlStage } from '../config/index.js';
import { loadModelSource } from '../model/source.js';
import { Trainer, type TrainerOptions, type TrainResult } from '../train/index.js';
import { nativeEngine } from '../train/policy.js';
import { type Evaluation, evaluate } from './evaluate.js';
import type { Point } from './plot.js';
import { makeSplits, quickstartConfig, writeData } from './run.js';
import type { Problem } from './task.js';

export interface QuickstartOptions
  extends Pick<TrainerOptions, 'signal' | 'onWarning' | 'onPhase' | 'onProgress' | 'trackers'> {
  /** Run directory, new or empty. */
  output: string;
  seed: number;
  /** Updates. */
  maxSteps: number;
  /** Called once the run directory is there and before anything is computed. */
  onTrainer?: (trainer: Trainer) => void;
  /** The test problems are going to be answered, before and after the training. */
  onEvaluate?: () => void;
  /** The base model was evaluated. */
  onEvaluation?: (evaluation: Evaluation) => void;
}

export interface QuickstartResult {
  result: TrainResult;
  stage: RlStage;
  before: Evaluation;
  /** Null when the run was stopped. */
  after: Evaluation | null;
  /** Share of exact steps on the validation problems, by step. */
  curve: Point[];
  /** Of training, evaluation left out. */
  trainingSeconds: number;
}

/** @throws UserError when the run directory cannot be used. */
export async function quickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const { output, seed, maxSteps, onTrainer, onEvaluate, onEvaluation, ...hooks } = options;
  const config = quickstartConfig(output, seed, maxSteps);
  const stage = config.stages[0] as RlStage;
  const trainer = await Trainer.create(config, hooks);
  onTrainer?.(trainer);
  const problems = makeSplits(seed);
  await writeData(output, problems);
  const { signal, onProgress } = hooks;
  const call = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  onEvaluate?.();
  const before = await evaluateModel(config.model.path, stage, problems.test, call);
  onEvaluation?.(before);

  const started = performance.now();
  const curve: Point[] = [];
  for await (const step of trainer) {
    const share = step.metrics.eval_exact_match;
    if (typeof share === 'number') curve.push({ x: step.step, y: share });
  }
  const trainingSeconds = (performance.now() - started) / 1000;
  const { result } = trainer;
  if (result.model !== null) onEvaluate?.();
  const after = result.model === null ? null : await evaluateModel(result.model, stage, problems.test, call);
  const made = { result, stage, before, after, curve, trainingSeconds };
  if (after) await writeFigures(output, seed, made);
  return made;
}

async function evaluateModel(
  path: string,
  stage: RlStage,
  problems: readonly Problem[],
  call: CallOptions,
): Promise<Evaluation> {
  const model = await loadModelSource(path);
  const { config, format, files } = model;
  const engine = await nativeEngine();
  const policy = await engine.load({ config, format, files, device: 'cpu', dtype: 'float32' });
  try {
    return await evaluate(policy, model, stage, problems, call);
  } finally {
    policy.dispose();
  }
}

/** What came of it, in numbers. */
export function figures({ before, after, curve, trainingSeconds, result }: QuickstartResult): object {
  const withoutSamples = ({ samples, ...rest }: Evaluation) => rest;
  return {
    steps: result.step,
    best: result.best,
    trainingSeconds,
    before: withoutSamples(before),
    after: after && withoutSamples(after),
    curve,
  };
}

/** `quickstart.json` in the run directory. */
async function writeFigures(output: string, seed: number, made: QuickstartResult): Promise<void> {
  const content = { seed, ...figures(made) };
  await writeFile(join(output, 'quickstart.json'), `${JSON.stringify(content, null, 2)}\n`);
}
