/**
 * Every setting of a run, with its default. Names are TRL's in camelCase where TRL has the setting; values are those of
 * the SRL paper (arXiv 2510.25992) where it states one. `docs/configuration-reference.md` is made of this file.
 *
 * Settings of a stage may also stand at the top level of the file: there they hold for all stages that know them.
 */
import { z } from 'zod';
import { data, model } from './data_schema.js';
import type { RlvrSettings, RunSettings, SftSettings, SrlSettings } from './settings.js';
import { shorthand } from './shorthand.js';

const count = z.int().min(1);
const nonNegative = z.number().min(0);
const share = z.number().min(0).max(1);

export const methods = ['sft', 'srl', 'rlvr'] as const;
export type Method = (typeof methods)[number];

const methodDescription =
  "`sft`: cross-entropy of the expert's text. `srl`: reward from the similarity of one step to the expert's. `rlvr`: reward " +
  'from the final answer.';

/** One summand of the reward: a built-in name, or a module `file.js`, `file.ts#export`. */
const reward = shorthand(
  'reward',
  z.strictObject({
    reward: z
      .string()
      .min(1)
      .describe('`similarity`, `answer`, a module `file.js` or `file.ts#export`, or a name given in code.'),
    weight: z.number().default(1).describe('Factor of the value in the sum.'),
  }),
);

/** Settings that every method has. */
function common(defaults: { learningRate: number; scheduler: 'constant' | 'cosine'; warmup: number; epochs: number }) {
  return {
    from: z
      .enum(['best', 'last'])
      .default('best')
      .describe(
        'Which checkpoint of the stage before this one starts from; `best` on held-out data is the last if nothing is held out.',
      ),
    unit: z
      .enum(['step', 'whole'])
      .describe('An instance asks for the next step, or for the whole solution (`whole` with `srl`: one-step SRL).'),
    template: z
      .string()
      .min(1)
      .optional()
      .describe('Prompt template: a built-in name or a file. Left out, `math` or `software`, as the data is.'),
    maxPromptLength: count.describe(
      'Longest prompt in tokens. An instance with a longer one is dropped and counted, never cut.',
    ),
    batchSize: count.describe('Instances in one step. The SRL paper has 64 (SFT), 512 (SRL) and 128 (RLVR).'),
    maxSteps: count.optional().describe('Steps of the stage; left out, `numTrainEpochs` decides.'),
    numTrainEpochs: z.number().positive().default(defaults.epochs).describe('Passes over the data.'),
    learningRate: z.number().positive().default(defaults.learningRate).describe('Peak learning rate of AdamW.'),
    lrSchedulerType: z
      .enum(['constant', 'linear', 'cosine'])
      .default(defaults.scheduler)
      .describe('How the learning rate goes on after the warm-up; `linear` and `cosine` fall to 0.'),
    warmupRatio: share.default(defaults.warmup).describe('Share of the steps in which the learning rate rises from 0.'),
    weightDecay: nonNegative.default(0).describe('Weight decay of AdamW.'),
    adamBeta1: z.number().min(0).lt(1).default(0.9).describe('AdamW: decay of the mean of the gradient.'),
    adamBeta2: z.number().min(0).lt(1).default(0.999).describe('AdamW: decay of the mean of its square.'),
    adamEpsilon: z.number().positive().default(1e-8).describe('AdamW: added to the denominator.'),
    maxGradNorm: nonNegative.default(1).describe('The gradient is scaled down to this norm; 0 turns clipping off.'),
    maxTokensPerMicroBatch: count
      .optional()
      .describe(
        'Most tokens of one forward and backward pass; the gradient does not depend on it but for rounding. Left out, what ' +
          'three quarters of the memory of machine or GPU have room for, 256 to 8,192; halved when an update runs out of it.',
      ),
    gradientCheckpointing: z.boolean().default(false).describe('Less memory for more time.'),
    evalSteps: z
      .int()
      .min(0)
      .default(10)
      .describe('Steps between validations; 0 validates at the start and the end only. Needs `data.validation`.'),
    evalTemperature: nonNegative.default(0).describe('Sampling temperature of the validation; 0 is greedy.'),
    patience: count
      .optional()
      .describe('The stage ends after so many validations without a new best; left out, it never ends early.'),
    saveSteps: z
      .int()
      .min(0)
      .default(50)
      .describe('Steps between checkpoints; 0 saves at the end only. A new best is always saved.'),
    saveTotalLimit: count.default(2).describe('Checkpoints kept besides the best one and those a stage starts from.'),
    maxBadSteps: count
      .default(5)
      .describe('Steps in a row whose loss or gradient is not finite, at which the run stops.'),
  };
}

/** Settings of the two methods that sample completions. */
function sampling(defaults: { rewards: string[]; formatRule: 'strict' | 'lenient' }) {
  return {
    numGenerations: z.int().min(2).max(65_536).default(8).describe('Completions sampled for an instance: the group.'),
    temperature: z.number().positive().default(1).describe('Sampling temperature.'),
    maxCompletionLength: count.describe('Most tokens of a completion, the end-of-sequence token included.'),
    topP: z
      .literal(1)
      .default(1)
      .describe('Nothing but 1 is allowed: the loss needs the distribution that was sampled.'),
    maxBatchedTokens: count
      .optional()
      .describe('Most tokens in the caches while sampling; lower it when memory is short. Left out, it is 32,768.'),
    epsilonStd: nonNegative
      .default(0.05)
      .describe(
        'Dynamic sampling: an instance is kept when the population standard deviation of its rewards exceeds this; 0 keeps all.',
      ),
    maxSamplingRounds: count
      .default(10)
      .describe('Most rounds of sampling for one step; then it goes on with what it has, with a warning.'),
    lossType: z
      .enum(['grpo', 'dapo', 'drGrpo', 'gspo'])
      .default('grpo')
      .describe(
        '`grpo`: mean over each completion, then over completions. `dapo`: mean over the tokens of the step. `drGrpo`: sum ' +
          'over a completion divided by `maxCompletionLength`. `gspo`: one ratio a sequence.',
      ),
    epsilon: z
      .number()
      .positive()
      .default(0.2)
      .describe('Clip range of the ratio below 1, and above where `epsilonHigh` is left out.'),
    epsilonHigh: z.number().positive().optional().describe('Clip range of the ratio above 1; `epsilon` when left out.'),
    beta: nonNegative
      .default(0)
      .describe(
        "Weight of the KL divergence (k3 estimate) from the stage's start; other than 0 it loads the model twice.",
      ),
    scaleRewards: z
      .enum(['group', 'batch', 'none'])
      .default('group')
      .describe(
        "What rewards are divided by after the group's mean is taken off: the standard deviation of group or batch, or nothing.",
      ),
    maskTruncated: z.boolean().default(false).describe('Leave completions that the length limit cut out of the loss.'),
    numIterations: count.default(1).describe('Passes over the same rollouts.'),
    numMiniBatches: count.default(1).describe('Updates that one pass is split into.'),
    rewards: z
      .array(reward)
      .min(1)
      .refine(
        (given) => new Set(given.map(({ reward }) => reward)).size === given.length,
        'each reward once: add their weights',
      )
      .prefault(defaults.rewards)
      .describe('Summands of the reward: names, modules, or `{ reward, weight }`.'),
    rewardTimeout: z.number().positive().default(10).describe('Seconds that one call of a custom reward may take.'),
    formatRule: z
      .enum(['strict', 'lenient'])
      .default(defaults.formatRule)
      .describe(
        '`strict`: exactly one `<think>…</think>` and an action after it, else the reward is −1. `lenient`: nothing is malformed.',
      ),
    autojunk: z
      .boolean()
      .default(false)
      .describe("The heuristic that Python's difflib has on by default; it makes the reward jump at 200 characters."),
    argumentOrder: z
      .enum(['actionExpert', 'expertAction'])
      .default('actionExpert')
      .describe("Order of SequenceMatcher's arguments; its ratio is not symmetric."),
    logCompletions: z.int().min(0).default(8).describe('Completions a step written to `samples.jsonl`.'),
  };
}

const method = <M extends Method>(name: M) => z.literal(name).describe(methodDescription);

const sftCommon = common({ learningRate: 5e-6, scheduler: 'cosine', warmup: 0.3, epochs: 3 });
const rlCommon = common({ learningRate: 5e-7, scheduler: 'constant', warmup: 0, epochs: 30 });

/** One schema a method; the order is that of `methods`. */
export const stageSchemas = {
  sft: z.strictObject({ method: method('sft'), ...sftCommon, unit: sftCommon.unit.default('step') }),
  srl: z.strictObject({
    method: method('srl'),
    ...rlCommon,
    unit: rlCommon.unit.default('step'),
    ...sampling({ rewards: ['similarity'], formatRule: 'strict' }),
  }),
  rlvr: z.strictObject({
    method: method('rlvr'),
    ...rlCommon,
    unit: rlCommon.unit.default('whole'),
    ...sampling({ rewards: ['answer'], formatRule: 'lenient' }),
  }),
} as const;

/** What is not a stage's: given once, at the top level. */
export const runSchema = z.strictObject({
  model,
  data,
  output: z.string().min(1).describe('Run directory; must be new, or a run to `--resume`.'),
  seed: z.int().min(0).max(0xffff_ffff).default(0).describe('Every random choice of the run derives from it.'),
  tensorboard: z.boolean().default(true).describe('Write event files for TensorBoard into the run directory.'),
});

export type SftStage = z.output<typeof stageSchemas.sft>;
export type RlStage = z.output<typeof stageSchemas.srl> | z.output<typeof stageSchemas.rlvr>;
export type StageConfig = SftStage | RlStage;
export type RunConfig = z.output<typeof runSchema> & { stages: StageConfig[] };
export type RewardConfig = z.output<typeof reward>;

type AnyStage = SftSettings | SrlSettings | RlvrSettings;
type SharedSettings = Partial<Omit<SrlSettings, 'method'>>;
type OneOfMany<S> = S extends AnyStage ? Partial<S> & Pick<S, 'method'> : never;

/** A configuration as it is written: one stage at the top level, or several with what they share. */
export type RunInput = RunSettings & (AnyStage | (SharedSettings & { stages: OneOfMany<AnyStage>[] }));
