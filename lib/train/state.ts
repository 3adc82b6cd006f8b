/** What goes on changing while a run runs, weights and optimizer aside, and what is decided by it. */
import type { RunConfig } from '../config/index.js';
import { firstProgress, type Progress, type StageContext } from './context.js';
import type { Metrics, Sample } from './record.js';

/** What a step leaves behind. */
export interface StepLines {
  metrics: Metrics;
  samples: Sample[];
}

export interface RunState {
  /** Place of the stage, from 0. */
  stage: number;
  progress: Progress;
  /** Step and score of the best validation of the stage. */
  best: { step: number; score: number } | null;
  validationsWithoutImprovement: number;
  /** Step of the checkpoint that the stage began from; null: the model itself. */
  start: number | null;
  /** Steps in a row, up to now, whose loss or gradient was not finite. */
  badSteps: number;
  /** Tokens of a micro-batch, as far as memory was found to be enough; null before the stage's first step. */
  maxTokensPerMicroBatch: number | null;
  /** The last step, as long as its validation is still to be made; nothing of it has been written then. */
  unvalidated: StepLines | null;
}

export function firstState(): RunState {
  return stageState(0, firstProgress(), null);
}

/** The state in which the stage after this one begins. */
export function nextState({ progress, best, stage }: RunState, { stages }: RunConfig): RunState {
  const start = stages[stage + 1]!.from === 'best' ? (best?.step ?? progress.step) : progress.step;
  return stageState(stage + 1, firstProgress(progress.step, progress.numTokens), start);
}

function stageState(stage: number, progress: Progress, start: number | null): RunState {
  const counts = { validationsWithoutImprovement: 0, badSteps: 0 };
  return { stage, progress, start, best: null, ...counts, maxTokensPerMicroBatch: null, unvalidated: null };
}

/** The state after a validation. */
export function withScore(before: RunState, score: number): RunState {
  const state = { ...before, unvalidated: null };
  const { best, progress } = state;
  if (Number.isFinite(score) && (best === null || score > best.score)) {
    return { ...state, best: { step: progress.step, score }, validationsWithoutImprovement: 0 };
  }
  return { ...state, validationsWithoutImprovement: state.validationsWithoutImprovement + 1 };
}

export function stageDone({ progress, validationsWithoutImprovement }: RunState, run: StageContext): boolean {
  const { stage, totalSteps, deck } = run;
  if (progress.stageStep >= totalSteps) return true;
  if (stage.maxSteps === undefined && progress.position >= stage.numTrainEpochs * deck.size) return true;
  return stage.patience !== undefined && validationsWithoutImprovement >= stage.patience;
}

export function dueForValidation(state: RunState, run: StageContext): boolean {
  if (run.validation.length === 0) return false;
  const { evalSteps } = run.stage;
  return stageDone(state, run) || (evalSteps > 0 && state.progress.stageStep % evalSteps === 0);
}

export function dueForCheckpoint(state: RunState, run: StageContext): boolean {
  const { saveSteps } = run.stage;
  const { step, stageStep } = state.progress;
  return stageDone(state, run) || state.best?.step === step || (saveSteps > 0 && stageStep % saveSteps === 0);
}
