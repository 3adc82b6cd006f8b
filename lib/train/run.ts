/** A run as its user sees it: what it is given, what it tells, how it ends. */
import type { RewardFunction } from '../reward/index.js';
import type { Phase } from './context.js';
import type { Engine } from './policy.js';
import type { Metrics, Sample } from './record.js';
import type { Tracker } from './tracker.js';

export interface TrainerOptions {
  /** Rewards given in code, by the names the configuration uses. */
  rewards?: Record<string, RewardFunction>;
  /** Go on with the run in `output` from its last checkpoint. */
  resume?: boolean;
  /** Go on although settings have changed that make it another run. */
  override?: boolean;
  /** Seconds that a full disk is waited for before the run stops (600). */
  diskFullTimeout?: number;
  /** Aborting gives up the step in progress; see `Trainer.stop` to let it finish. */
  signal?: AbortSignal;
  onWarning?: (message: string) => void;
  /** A part of a step begins. */
  onPhase?: (phase: Phase) => void;
  /** How far the part in progress is: bytes of a download (phase `fetch`), else tokens. */
  onProgress?: (progress: { done: number; total: number }) => void;
  /** Listeners that get the run's start, every step and its end. */
  trackers?: readonly Tracker[];
  /** The native core; tests put another in its place. */
  engine?: Engine;
}

/** One step that was made, or (`step` as before) the validation at the start of a stage. */
export interface StepRecord {
  step: number;
  /** Steps that all stages together will have, as far as is known. */
  totalSteps: number;
  stage: number;
  metrics: Metrics;
  samples: Sample[];
}

/** How a run ended. */
export interface TrainResult {
  /** `stopped`: by `stop` or by the signal; `--resume` goes on. */
  outcome: 'finished' | 'stopped';
  step: number;
  /** Step of the last checkpoint; null when there is none. */
  checkpoint: number | null;
  output: string;
  /** Folder of the resulting model; null when the run has not finished. */
  model: string | null;
  best: { step: number; score: number } | null;
}
