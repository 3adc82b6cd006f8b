/** Foothold's programming interface: `import { train } from 'foothold'`. */
export { defineConfig, loadConfig, type RunConfig, type RunInput, type StageConfig } from './config/index.js';
export { configJsonSchema } from './config/json_schema.js';
export type { Instance, Step, Trajectory } from './data/instance.js';
export { instancesOf } from './data/instances.js';
export type { DataOptions, InstanceOptions, ReadOptions, SplitOptions } from './data/options.js';
export { readInstances, readTrajectories } from './data/read.js';
export type { DataReport } from './data/report.js';
export type { Splitter } from './data/splitter.js';
export { UserError } from './errors.js';
export {
  type AnswerPair,
  type EvalOptions,
  type EvalReport,
  evaluate,
  passAtK,
  type Verification,
  type VerifyOptions,
  verifyAnswer,
  verifyAnswers,
} from './eval/index.js';
export {
  type MalformedReason,
  parseCompletion,
  parseLeniently,
  type RewardFunction,
  type RewardInput,
} from './reward/index.js';
export {
  type Metrics,
  type Phase,
  type RunEnd,
  type RunStart,
  type Sample,
  type StepRecord,
  type Tracker,
  Trainer,
  type TrainerOptions,
  type TrainOptions,
  type TrainResult,
  train,
} from './train/index.js';
