/**
 * Every setting of a run, with its default. Names are TRL's in camelCase where TRL has the setting; values are those of
 * the SRL paper (arXiv 2510.25992) where it states one. `docs/configuration.md` explains each.
 *
 * Settings of a stage may also stand at the top level of the file: there they hold for all stages that know them.
 */
import { z } from 'zod';

const count = z.int().min(1);
const nonNegative = z.number().min(0);
const share = z.number().min(0).max(1);

export const methods = ['sft', 'srl', 'rlvr'] as const;
export type Method = (typeof methods)[number];

/** Lets `key: value` stand for `key: { [name]: value }`. */
function shorthand<T extends z.ZodType>(name: string, schema: T): z.ZodType<z.output<T>, string | z.input<T>> {
  // zod takes whatever is preprocessed as unknown.
  return z.preprocess((given) => (typeof given === 'string' ? { [name]: given } : given), schema) as never;
}

const model = shorthand(
  'path',
  z.strictObject({
    /** Folder, GGUF file or Hugging Face id. */
    path: z.string().min(1),
    device: z.string().min(1).default('auto'),
    dtype: z.enum(['float32', 'bfloat16']).default('float32'),
  }),
);

const validation = shorthand(
  'file',
  z
    .strictObject({
      file: z.string().min(1).optional(),
      /** Share, or number, of the training problems that are held out instead. */
      fraction: z.number().gt(0).lt(1).optional(),
      count: count.optional(),
    })
    .refine((given) => Object.keys(given).length === 1, 'expected exactly one of file, fraction, count'),
);

/** How `lib/data` reads the files and cuts trajectories into instances. */
const data = shorthand(
  'train',
  z.strictObject({
    train: z.string().min(1),
    validation: validation.optional(),
    /** Recognised from the first rows when left out. */
    format: z.enum(['numbered', 'gsm8k', 'swe', 'steps', 'instances']).optional(),
    /** Format `instances`: our name of a column to theirs. */
    map: z.record(z.string(), z.string()).optional(),
    /** Module whose default export cuts a solution into steps. */
    splitter: z.string().min(1).optional(),
    keepCalculatorMarks: z.boolean().default(false),
    solutionField: z.string().min(1).optional(),
    resolvedOnly: z.boolean().default(false),
    maxObservationChars: count.default(2000),
    dropStep: z.enum(['last', 'first', 'none']).default('last'),
    title: z.enum(['target', 'context']).default('target'),
    contextPairs: z.int().min(0).default(2),
  }),
);

/** One summand of the reward: a built-in name, or a module `file.js`, `file.ts#export`. */
const reward = shorthand('reward', z.strictObject({ reward: z.string().min(1), weight: z.number().default(1) }));

/** Settings that every method has. */
function common(defaults: { learningRate: number; scheduler: 'constant' | 'cosine'; warmup: number; epochs: number }) {
  return {
    /** Which checkpoint of the stage before this one starts from. */
    from: z.enum(['best', 'last']).default('best'),
    /** What an instance asks for: the next step, or the whole solution. */
    unit: z.enum(['step', 'whole']),
    /** Built-in prompt template or a file; left out, `math` or `software` as the data is. */
    template: z.string().min(1).optional(),
    /** Longest prompt in tokens; longer instances are dropped and counted. */
    maxPromptLength: count,
    /** Instances in one step. */
    batchSize: count,
    maxSteps: count.optional(),
    numTrainEpochs: z.number().positive().default(defaults.epochs),
    learningRate: z.number().positive().default(defaults.learningRate),
    lrSchedulerType: z.enum(['constant', 'linear', 'cosine']).default(defaults.scheduler),
    warmupRatio: share.default(defaults.warmup),
    weightDecay: nonNegative.default(0),
    adamBeta1: z.number().min(0).lt(1).default(0.9),
    adamBeta2: z.number().min(0).lt(1).default(0.999),
    adamEpsilon: z.number().positive().default(1e-8),
    maxGradNorm: nonNegative.default(1),
    maxTokensPerMicroBatch: count.optional(),
    gradientCheckpointing: z.boolean().default(false),
    /** Steps between validations; 0 validates at the start and the end only. */
    evalSteps: z.int().min(0).default(10),
    evalTemperature: nonNegative.default(0),
    /** Validations without improvement until the stage ends; left out, it never ends early. */
    patience: count.optional(),
    /** Steps between checkpoints; 0 saves at the end only. */
    saveSteps: z.int().min(0).default(50),
    /** Checkpoints kept besides the best one and those a stage starts from. */
    saveTotalLimit: count.default(2),
    /** Steps in a row without a finite loss and gradient at which the run stops. */
    maxBadSteps: count.default(5),
  };
}

/** Settings of the two methods that sample completions. */
function sampling(defaults: { rewards: string[]; formatRule: 'strict' | 'lenient' }) {
  return {
    numGenerations: z.int().min(2).default(8),
    temperature: z.number().positive().default(1),
    /** Most tokens of a completion. */
    maxCompletionLength: count,
    /** The loss needs the distribution that was sampled, so training refuses to truncate it. */
    topP: z.literal(1).default(1),
    maxBatchedTokens: count.optional(),
    /** Instances are kept whose rewards have a larger population standard deviation; 0 keeps all. */
    epsilonStd: nonNegative.default(0.05),
    /** Most rounds of sampling for one step. */
    maxSamplingRounds: count.default(10),
    lossType: z.enum(['grpo', 'dapo', 'drGrpo', 'gspo']).default('grpo'),
    epsilon: z.number().positive().default(0.2),
    /** Upper clip range; `epsilon` when left out. */
    epsilonHigh: z.number().positive().optional(),
    beta: nonNegative.default(0),
    scaleRewards: z.enum(['group', 'batch', 'none']).default('group'),
    maskTruncated: z.boolean().default(false),
    /** Passes over the same rollouts. */
    numIterations: count.default(1),
    /** Updates that one pass is split into. */
    numMiniBatches: count.default(1),
    rewards: z
      .array(reward)
      .min(1)
      .default(defaults.rewards.map((name) => ({ reward: name, weight: 1 }))),
    /** Seconds that one call of a custom reward may take. */
    rewardTimeout: z.number().positive().default(10),
    formatRule: z.enum(['strict', 'lenient']).default(defaults.formatRule),
    autojunk: z.boolean().default(false),
    /** Order of SequenceMatcher's arguments; its ratio is not symmetric. */
    argumentOrder: z.enum(['actionExpert', 'expertAction']).default('actionExpert'),
    /** Completions a step written to the samples file. */
    logCompletions: z.int().min(0).default(8),
  };
}

const sftCommon = common({ learningRate: 5e-6, scheduler: 'cosine', warmup: 0.3, epochs: 3 });
const rlCommon = common({ learningRate: 5e-7, scheduler: 'constant', warmup: 0, epochs: 30 });

/** One schema a method; the order is that of `methods`. */
export const stageSchemas = {
  sft: z.strictObject({ method: z.literal('sft'), ...sftCommon, unit: sftCommon.unit.default('step') }),
  srl: z.strictObject({
    method: z.literal('srl'),
    ...rlCommon,
    unit: rlCommon.unit.default('step'),
    ...sampling({ rewards: ['similarity'], formatRule: 'strict' }),
  }),
  rlvr: z.strictObject({
    method: z.literal('rlvr'),
    ...rlCommon,
    unit: rlCommon.unit.default('whole'),
    ...sampling({ rewards: ['answer'], formatRule: 'lenient' }),
  }),
} as const;

/** What is not a stage's: given once, at the top level. */
export const runSchema = z.strictObject({
  model,
  data,
  /** Run directory. */
  output: z.string().min(1),
  /** Every random choice of the run derives from it. */
  seed: z.int().min(0).max(0xffff_ffff).default(0),
});

export type SftStage = z.output<typeof stageSchemas.sft>;
export type RlStage = z.output<typeof stageSchemas.srl> | z.output<typeof stageSchemas.rlvr>;
export type StageConfig = SftStage | RlStage;
export type RunConfig = z.output<typeof runSchema> & { stages: StageConfig[] };
export type RewardConfig = z.output<typeof reward>;

type StageInput<M extends Method> = z.input<(typeof stageSchemas)[M]>;
type AnyStageInput = { [M in Method]: StageInput<M> }[Method];
type SharedInput = Partial<Omit<StageInput<'srl'>, 'method'>>;
type OneOfManyInput = { [M in Method]: Partial<StageInput<M>> & { method: M } }[Method];

/** A configuration as it is written: one stage at the top level, or several with what they share. */
export type RunInput = z.input<typeof runSchema> & (AnyStageInput | (SharedInput & { stages: OneOfManyInput[] }));
