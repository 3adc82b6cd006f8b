/** What the steps of one stage share, and what changes from step to step. */
import type { CallOptions } from '../../bindings/torch.js';
import type { RlStage, SftStage, StageConfig } from '../config/index.js';
import type { Instance } from '../data/instance.js';
import type { DataReport } from '../data/report.js';
import type { Template } from '../prompt/template.js';
import type { Tokenizer } from '../prompt/tokenizer.js';
import type { Scorer } from '../reward/index.js';
import type { Deck } from './draw.js';
import type { Engine, TrainablePolicy } from './policy.js';
import type { RenderedInstance, Renderer } from './render.js';
import type { ScoredGroup } from './rollout.js';
import type { RenderedDemonstration } from './sft.js';

export interface StageContext<S extends StageConfig = StageConfig, R extends RenderedInstance = RenderedInstance> {
  stage: S;
  /** Place of the stage in the run, from 0. */
  index: number;
  /** Every random choice of the stage derives from it. */
  seed: number;
  totalSteps: number;
  engine: Engine;
  policy: TrainablePolicy;
  tokenizer: Tokenizer;
  eosTokenIds: number[];
  template: Template;
  instances: Instance[];
  validation: Instance[];
  /** What reading the training file kept and dropped. */
  report: DataReport;
  deck: Deck;
  renderer: Renderer<R>;
  /** Tokens of a micro-batch: the stage's setting, or less once memory has run out. */
  memory: { maxTokensPerMicroBatch: number };
  /** Told what the user should know but that does not stop the run. */
  warn(message: string): void;
}

export type SftContext = StageContext<SftStage, RenderedDemonstration>;
export interface RlContext extends StageContext<RlStage> {
  scorer: Scorer;
  /** The stage's own start, frozen; present when `beta` is not 0. */
  reference: TrainablePolicy | null;
}

/** Everything that a checkpoint must hold besides weights and optimizer. A step makes a new one. */
export interface Progress {
  /** Steps done since the run began, and since the stage began. */
  step: number;
  stageStep: number;
  /** Instances drawn since the stage began. */
  position: number;
  /** Calls of `generate` since the stage began; each has its own seed. */
  rollouts: number;
  /** Groups that dynamic sampling kept beyond what the last batch needed; they go into the next. */
  buffer: ScoredGroup[];
  /** Share of the sampled groups that the filter kept, last time. */
  keepRate: number;
  /** Tokens sampled or trained on since the run began. */
  numTokens: number;
}

export function firstProgress(step = 0, numTokens = 0): Progress {
  return { step, stageStep: 0, position: 0, rollouts: 0, buffer: [], keepRate: 1, numTokens };
}

/** Hooks of one step. */
export interface StepCall extends CallOptions {
  /** Called after each change of the weights: from then on an abandoned step cannot be undone. */
  onUpdate?: () => void;
  /** Called when a part of the step begins. */
  onPhase?: (phase: Phase) => void;
}
/** What a run is busy with: `fetch`, `data` and `load` before the steps of a stage, the others in a step. */
export type Phase = 'fetch' | 'data' | 'load' | 'rollout' | 'reward' | 'update' | 'validation' | 'checkpoint';
