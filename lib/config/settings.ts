/**
 * The settings as they are written, with their defaults. Made of the schemas by `npm run configuration`: change those.
 */

export interface ModelSettings {
  /** Folder, GGUF file or Hugging Face id. */
  path: string;
  /** `cpu`, `cuda`, `cuda:1`, …; `auto` takes CUDA where there is one. Default: `auto`. */
  device?: string | undefined;
  /** `bfloat16` keeps float32 master weights beside the bfloat16 ones; on a CPU sampling is slow in it. Default: `float32`. */
  dtype?: 'float32' | 'bfloat16' | undefined;
}

export interface ValidationSettings {
  /** A file of held-out problems. */
  file?: string | undefined;
  /** Share of the training problems held out, at least one, chosen by `seed`. */
  fraction?: number | undefined;
  /** Number of training problems held out, chosen by `seed`. */
  count?: number | undefined;
}

export interface DataSettings {
  /** Expert solutions: JSON lines, JSON or Parquet; a file, a folder or a pattern. */
  train: string;
  /** Held-out file; or `fraction` or `count` of the training problems. Left out, nothing is validated. */
  validation?: string | ValidationSettings | undefined;
  /** Format of the data; recognised from the first rows when left out. */
  format?: 'numbered' | 'gsm8k' | 'swe' | 'steps' | 'instances' | undefined;
  /** Format `instances`: our name of a column to theirs, as in `{ prompt: input_prompt }`. */
  map?: Record<string, string> | undefined;
  /** Module whose default export makes a trajectory of a row. */
  splitter?: string | undefined;
  /** Format `gsm8k`: keep `<<48/2=24>>`. Default: `false`. */
  keepCalculatorMarks?: boolean | undefined;
  /** Format `numbered`: column that holds the steps. */
  solutionField?: string | undefined;
  /** Format `swe`: only runs that resolved the issue. Default: `false`. */
  resolvedOnly?: boolean | undefined;
  /** Format `swe`: an observation with more characters loses its middle. Default: `2000`. */
  maxObservationChars?: number | undefined;
  /** Which of the N steps is never asked for: `last` (k = 1 … N−1, the index set of the SRL paper), `first`, `none`. Default: `last`. */
  dropStep?: 'last' | 'first' | 'none' | undefined;
  /** A step's title is part of what the model must write (`target`), or given to it as a hint (`context`). Default: `target`. */
  title?: 'target' | 'context' | undefined;
  /** Format `swe`: last actions shown, each with its observation. Default: `2`. */
  contextPairs?: number | undefined;
}

export interface RunSettings {
  /** The model to train: folder, GGUF file or Hugging Face id; or a map with its placement. */
  model: string | ModelSettings;
  /** Training file; or a map that says how it is read and what is held out. */
  data: string | DataSettings;
  /** Run directory; must be new, or a run to `--resume`. */
  output: string;
  /** Every random choice of the run derives from it. Default: `0`. */
  seed?: number | undefined;
  /** Write event files for TensorBoard into the run directory. Default: `true`. */
  tensorboard?: boolean | undefined;
}

export interface SftSettings {
  /** `sft`: cross-entropy of the expert's text. `srl`: reward from the similarity of one step to the expert's. `rlvr`: reward from the final answer. */
  method: 'sft';
  /** Which checkpoint of the stage before this one starts from; `best` on held-out data is the last if nothing is held out. Default: `best`. */
  from?: 'best' | 'last' | undefined;
  /** An instance asks for the next step, or for the whole solution (`whole` with `srl`: one-step SRL). Default: `step`. */
  unit?: 'step' | 'whole' | undefined;
  /** Prompt template: a built-in name or a file. Left out, `math` or `software`, as the data is. */
  template?: string | undefined;
  /** Longest prompt in tokens. An instance with a longer one is dropped and counted, never cut. */
  maxPromptLength: number;
  /** Instances in one step. The SRL paper has 64 (SFT), 512 (SRL) and 128 (RLVR). */
  batchSize: number;
  /** Steps of the stage; left out, `numTrainEpochs` decides. */
  maxSteps?: number | undefined;
  /** Passes over the data. Default: `3`. */
  numTrainEpochs?: number | undefined;
  /** Peak learning rate of AdamW. Default: `5e-6`. */
  learningRate?: number | undefined;
  /** How the learning rate goes on after the warm-up; `linear` and `cosine` fall to 0. Default: `cosine`. */
  lrSchedulerType?: 'constant' | 'linear' | 'cosine' | undefined;
  /** Share of the steps in which the learning rate rises from 0. Default: `0.3`. */
  warmupRatio?: number | undefined;
  /** Weight decay of AdamW. Default: `0`. */
  weightDecay?: number | undefined;
  /** AdamW: decay of the mean of the gradient. Default: `0.9`. */
  adamBeta1?: number | undefined;
  /** AdamW: decay of the mean of its square. Default: `0.999`. */
  adamBeta2?: number | undefined;
  /** AdamW: added to the denominator. Default: `1e-8`. */
  adamEpsilon?: number | undefined;
  /** The gradient is scaled down to this norm; 0 turns clipping off. Default: `1`. */
  maxGradNorm?: number | undefined;
  /** Most tokens of one forward and backward pass; the gradient does not depend on it but for rounding. Left out, what three quarters of the memory of machine or GPU have room for, 256 to 8,192; halved when an update runs out of it. */
  maxTokensPerMicroBatch?: number | undefined;
  /** Less memory for more time. Default: `false`. */
  gradientCheckpointing?: boolean | undefined;
  /** Steps between validations; 0 validates at the start and the end only. Needs `data.validation`. Default: `10`. */
  evalSteps?: number | undefined;
  /** Sampling temperature of the validation; 0 is greedy. Default: `0`. */
  evalTemperature?: number | undefined;
  /** The stage ends after so many validations without a new best; left out, it never ends early. */
  patience?: number | undefined;
  /** Steps between checkpoints; 0 saves at the end only. A new best is always saved. Default: `50`. */
  saveSteps?: number | undefined;
  /** Checkpoints kept besides the best one and those a stage starts from. Default: `2`. */
  saveTotalLimit?: number | undefined;
  /** Steps in a row whose loss or gradient is not finite, at which the run stops. Default: `5`. */
  maxBadSteps?: number | undefined;
}

export interface RewardSettings {
  /** `similarity`, `answer`, a module `file.js` or `file.ts#export`, or a name given in code. */
  reward: string;
  /** Factor of the value in the sum. Default: `1`. */
  weight?: number | undefined;
}

export interface SrlSettings {
  /** `sft`: cross-entropy of the expert's text. `srl`: reward from the similarity of one step to the expert's. `rlvr`: reward from the final answer. */
  method: 'srl';
  /** Which checkpoint of the stage before this one starts from; `best` on held-out data is the last if nothing is held out. Default: `best`. */
  from?: 'best' | 'last' | undefined;
  /** An instance asks for the next step, or for the whole solution (`whole` with `srl`: one-step SRL). Default: `step`. */
  unit?: 'step' | 'whole' | undefined;
  /** Prompt template: a built-in name or a file. Left out, `math` or `software`, as the data is. */
  template?: string | undefined;
  /** Longest prompt in tokens. An instance with a longer one is dropped and counted, never cut. */
  maxPromptLength: number;
  /** Instances in one step. The SRL paper has 64 (SFT), 512 (SRL) and 128 (RLVR). */
  batchSize: number;
  /** Steps of the stage; left out, `numTrainEpochs` decides. */
  maxSteps?: number | undefined;
  /** Passes over the data. Default: `30`. */
  numTrainEpochs?: number | undefined;
  /** Peak learning rate of AdamW. Default: `5e-7`. */
  learningRate?: number | undefined;
  /** How the learning rate goes on after the warm-up; `linear` and `cosine` fall to 0. Default: `constant`. */
  lrSchedulerType?: 'constant' | 'linear' | 'cosine' | undefined;
  /** Share of the steps in which the learning rate rises from 0. Default: `0`. */
  warmupRatio?: number | undefined;
  /** Weight decay of AdamW. Default: `0`. */
  weightDecay?: number | undefined;
  /** AdamW: decay of the mean of the gradient. Default: `0.9`. */
  adamBeta1?: number | undefined;
  /** AdamW: decay of the mean of its square. Default: `0.999`. */
  adamBeta2?: number | undefined;
  /** AdamW: added to the denominator. Default: `1e-8`. */
  adamEpsilon?: number | undefined;
  /** The gradient is scaled down to this norm; 0 turns clipping off. Default: `1`. */
  maxGradNorm?: number | undefined;
  /** Most tokens of one forward and backward pass; the gradient does not depend on it but for rounding. Left out, what three quarters of the memory of machine or GPU have room for, 256 to 8,192; halved when an update runs out of it. */
  maxTokensPerMicroBatch?: number | undefined;
  /** Less memory for more time. Default: `false`. */
  gradientCheckpointing?: boolean | undefined;
  /** Steps between validations; 0 validates at the start and the end only. Needs `data.validation`. Default: `10`. */
  evalSteps?: number | undefined;
  /** Sampling temperature of the validation; 0 is greedy. Default: `0`. */
  evalTemperature?: number | undefined;
  /** The stage ends after so many validations without a new best; left out, it never ends early. */
  patience?: number | undefined;
  /** Steps between checkpoints; 0 saves at the end only. A new best is always saved. Default: `50`. */
  saveSteps?: number | undefined;
  /** Checkpoints kept besides the best one and those a stage starts from. Default: `2`. */
  saveTotalLimit?: number | undefined;
  /** Steps in a row whose loss or gradient is not finite, at which the run stops. Default: `5`. */
  maxBadSteps?: number | undefined;
  /** Completions sampled for an instance: the group. Default: `8`. */
  numGenerations?: number | undefined;
  /** Sampling temperature. Default: `1`. */
  temperature?: number | undefined;
  /** Most tokens of a completion, the end-of-sequence token included. */
  maxCompletionLength: number;
  /** Nothing but 1 is allowed: the loss needs the distribution that was sampled. Default: `1`. */
  topP?: 1 | undefined;
  /** Most tokens in the caches while sampling; lower it when memory is short. Left out, it is 32,768. */
  maxBatchedTokens?: number | undefined;
  /** Dynamic sampling: an instance is kept when the population standard deviation of its rewards exceeds this; 0 keeps all. Default: `0.05`. */
  epsilonStd?: number | undefined;
  /** Most rounds of sampling for one step; then it goes on with what it has, with a warning. Default: `10`. */
  maxSamplingRounds?: number | undefined;
  /** `grpo`: mean over each completion, then over completions. `dapo`: mean over the tokens of the step. `drGrpo`: sum over a completion divided by `maxCompletionLength`. `gspo`: one ratio a sequence. Default: `grpo`. */
  lossType?: 'grpo' | 'dapo' | 'drGrpo' | 'gspo' | undefined;
  /** Clip range of the ratio below 1, and above where `epsilonHigh` is left out. Default: `0.2`. */
  epsilon?: number | undefined;
  /** Clip range of the ratio above 1; `epsilon` when left out. */
  epsilonHigh?: number | undefined;
  /** Weight of the KL divergence (k3 estimate) from the stage's start; other than 0 it loads the model twice. Default: `0`. */
  beta?: number | undefined;
  /** What rewards are divided by after the group's mean is taken off: the standard deviation of group or batch, or nothing. Default: `group`. */
  scaleRewards?: 'group' | 'batch' | 'none' | undefined;
  /** Leave completions that the length limit cut out of the loss. Default: `false`. */
  maskTruncated?: boolean | undefined;
  /** Passes over the same rollouts. Default: `1`. */
  numIterations?: number | undefined;
  /** Updates that one pass is split into. Default: `1`. */
  numMiniBatches?: number | undefined;
  /** Summands of the reward: names, modules, or `{ reward, weight }`. Default: `[similarity]`. */
  rewards?: (string | RewardSettings)[] | undefined;
  /** Seconds that one call of a custom reward may take. Default: `10`. */
  rewardTimeout?: number | undefined;
  /** `strict`: exactly one `<think>…</think>` and an action after it, else the reward is −1. `lenient`: nothing is malformed. Default: `strict`. */
  formatRule?: 'strict' | 'lenient' | undefined;
  /** The heuristic that Python's difflib has on by default; it makes the reward jump at 200 characters. Default: `false`. */
  autojunk?: boolean | undefined;
  /** Order of SequenceMatcher's arguments; its ratio is not symmetric. Default: `actionExpert`. */
  argumentOrder?: 'actionExpert' | 'expertAction' | undefined;
  /** Completions a step written to `samples.jsonl`. Default: `8`. */
  logCompletions?: number | undefined;
}

export interface RlvrSettings {
  /** `sft`: cross-entropy of the expert's text. `srl`: reward from the similarity of one step to the expert's. `rlvr`: reward from the final answer. */
  method: 'rlvr';
  /** Which checkpoint of the stage before this one starts from; `best` on held-out data is the last if nothing is held out. Default: `best`. */
  from?: 'best' | 'last' | undefined;
  /** An instance asks for the next step, or for the whole solution (`whole` with `srl`: one-step SRL). Default: `whole`. */
  unit?: 'step' | 'whole' | undefined;
  /** Prompt template: a built-in name or a file. Left out, `math` or `software`, as the data is. */
  template?: string | undefined;
  /** Longest prompt in tokens. An instance with a longer one is dropped and counted, never cut. */
  maxPromptLength: number;
  /** Instances in one step. The SRL paper has 64 (SFT), 512 (SRL) and 128 (RLVR). */
  batchSize: number;
  /** Steps of the stage; left out, `numTrainEpochs` decides. */
  maxSteps?: number | undefined;
  /** Passes over the data. Default: `30`. */
  numTrainEpochs?: number | undefined;
  /** Peak learning rate of AdamW. Default: `5e-7`. */
  learningRate?: number | undefined;
  /** How the learning rate goes on after the warm-up; `linear` and `cosine` fall to 0. Default: `constant`. */
  lrSchedulerType?: 'constant' | 'linear' | 'cosine' | undefined;
  /** Share of the steps in which the learning rate rises from 0. Default: `0`. */
  warmupRatio?: number | undefined;
  /** Weight decay of AdamW. Default: `0`. */
  weightDecay?: number | undefined;
  /** AdamW: decay of the mean of the gradient. Default: `0.9`. */
  adamBeta1?: number | undefined;
  /** AdamW: decay of the mean of its square. Default: `0.999`. */
  adamBeta2?: number | undefined;
  /** AdamW: added to the denominator. Default: `1e-8`. */
  adamEpsilon?: number | undefined;
  /** The gradient is scaled down to this norm; 0 turns clipping off. Default: `1`. */
  maxGradNorm?: number | undefined;
  /** Most tokens of one forward and backward pass; the gradient does not depend on it but for rounding. Left out, what three quarters of the memory of machine or GPU have room for, 256 to 8,192; halved when an update runs out of it. */
  maxTokensPerMicroBatch?: number | undefined;
  /** Less memory for more time. Default: `false`. */
  gradientCheckpointing?: boolean | undefined;
  /** Steps between validations; 0 validates at the start and the end only. Needs `data.validation`. Default: `10`. */
  evalSteps?: number | undefined;
  /** Sampling temperature of the validation; 0 is greedy. Default: `0`. */
  evalTemperature?: number | undefined;
  /** The stage ends after so many validations without a new best; left out, it never ends early. */
  patience?: number | undefined;
  /** Steps between checkpoints; 0 saves at the end only. A new best is always saved. Default: `50`. */
  saveSteps?: number | undefined;
  /** Checkpoints kept besides the best one and those a stage starts from. Default: `2`. */
  saveTotalLimit?: number | undefined;
  /** Steps in a row whose loss or gradient is not finite, at which the run stops. Default: `5`. */
  maxBadSteps?: number | undefined;
  /** Completions sampled for an instance: the group. Default: `8`. */
  numGenerations?: number | undefined;
  /** Sampling temperature. Default: `1`. */
  temperature?: number | undefined;
  /** Most tokens of a completion, the end-of-sequence token included. */
  maxCompletionLength: number;
  /** Nothing but 1 is allowed: the loss needs the distribution that was sampled. Default: `1`. */
  topP?: 1 | undefined;
  /** Most tokens in the caches while sampling; lower it when memory is short. Left out, it is 32,768. */
  maxBatchedTokens?: number | undefined;
  /** Dynamic sampling: an instance is kept when the population standard deviation of its rewards exceeds this; 0 keeps all. Default: `0.05`. */
  epsilonStd?: number | undefined;
  /** Most rounds of sampling for one step; then it goes on with what it has, with a warning. Default: `10`. */
  maxSamplingRounds?: number | undefined;
  /** `grpo`: mean over each completion, then over completions. `dapo`: mean over the tokens of the step. `drGrpo`: sum over a completion divided by `maxCompletionLength`. `gspo`: one ratio a sequence. Default: `grpo`. */
  lossType?: 'grpo' | 'dapo' | 'drGrpo' | 'gspo' | undefined;
  /** Clip range of the ratio below 1, and above where `epsilonHigh` is left out. Default: `0.2`. */
  epsilon?: number | undefined;
  /** Clip range of the ratio above 1; `epsilon` when left out. */
  epsilonHigh?: number | undefined;
  /** Weight of the KL divergence (k3 estimate) from the stage's start; other than 0 it loads the model twice. Default: `0`. */
  beta?: number | undefined;
  /** What rewards are divided by after the group's mean is taken off: the standard deviation of group or batch, or nothing. Default: `group`. */
  scaleRewards?: 'group' | 'batch' | 'none' | undefined;
  /** Leave completions that the length limit cut out of the loss. Default: `false`. */
  maskTruncated?: boolean | undefined;
  /** Passes over the same rollouts. Default: `1`. */
  numIterations?: number | undefined;
  /** Updates that one pass is split into. Default: `1`. */
  numMiniBatches?: number | undefined;
  /** Summands of the reward: names, modules, or `{ reward, weight }`. Default: `[answer]`. */
  rewards?: (string | RewardSettings)[] | undefined;
  /** Seconds that one call of a custom reward may take. Default: `10`. */
  rewardTimeout?: number | undefined;
  /** `strict`: exactly one `<think>…</think>` and an action after it, else the reward is −1. `lenient`: nothing is malformed. Default: `lenient`. */
  formatRule?: 'strict' | 'lenient' | undefined;
  /** The heuristic that Python's difflib has on by default; it makes the reward jump at 200 characters. Default: `false`. */
  autojunk?: boolean | undefined;
  /** Order of SequenceMatcher's arguments; its ratio is not symmetric. Default: `actionExpert`. */
  argumentOrder?: 'actionExpert' | 'expertAction' | undefined;
  /** Completions a step written to `samples.jsonl`. Default: `8`. */
  logCompletions?: number | undefined;
}
