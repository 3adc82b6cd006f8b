/**
 * Foothold's programming interface: `import { train } from 'foothold'`. `docs/api.md` is the guide to it; the scripts in
 * `examples/` use each part.
 */
export type { CallOptions, DType, LossType, ModelConfig, ScaleRewards, UpdateMetrics } from '../bindings/torch.js';
export {
  defineConfig,
  loadConfig,
  type RunConfig,
  type RunInput,
  type StageConfig,
} from './config/index.js';
export { configJsonSchema } from './config/json_schema.js';
export type { Instance, Message, Step, Trajectory } from './data/instance.js';
export { instancesOf } from './data/instances.js';
export type { DataOptions, FormatName, InstanceOptions, ReadOptions, SplitOptions } from './data/options.js';
export { readInstances, readTrajectories } from './data/read.js';
export type { DataReport } from './data/report.js';
export type { Splitter } from './data/splitter.js';
export { type RatioOptions, ratio, ratios, ratiosAsync, SequenceMatcher } from './difflib/index.js';
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
  type Completion,
  type GenerateOptions,
  type GivenCompletion,
  type Group,
  groupAdvantages,
  Policy,
  type PolicyLoadOptions,
  type PolicyUpdateOptions,
  type Prompt,
  type TrainingGroup,
} from './policy/index.js';
export { loadTemplate, renderPrompt, type Template } from './prompt/template.js';
export type { ChatMessage, Tokenizer } from './prompt/tokenizer.js';
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
