/** What a run would do, found out without training: prompts, lengths, token budget and, by a sample, the format rate. */
import type { RunConfig } from '../config/index.js';
import type { DataReport } from '../data/report.js';
import { loadModelSource } from '../model/source.js';
import { type MalformedReason, malformedReasons } from '../reward/index.js';
import type { RlContext, SftContext, StepCall } from './context.js';
import { finiteRewards, spread } from './filter.js';
import { type Engine, nativeEngine } from './policy.js';
import { deriveSeed, permutation } from './random.js';
import { type RenderedInstance, renderInstance } from './render.js';
import { rollOutAndScore } from './reward.js';
import type { TrainerOptions } from './run.js';
import { demonstration } from './sft.js';
import { closeStage, isRl, openStage } from './stage.js';
import { firstState } from './state.js';

/** Most instances rendered for the lengths; of larger data sets a random choice. */
const maxRendered = 2000;
/** Instances sampled from with `sample`. */
const sampledInstances = 8;

export interface DryRunStage {
  method: string;
  data: DataReport;
  instances: number;
  validation: number;
  totalSteps: number;
  /** Three prompts as the model sees them, with what the expert does. */
  prompts: { instance: string; text: string; tokens: number; target: string }[];
  /** Lengths of prompts in tokens, over `measured` instances. */
  lengths: { measured: number; min: number; median: number; max: number };
  /** Instances of those measured whose prompt is longer than `maxPromptLength`, which training passes over. */
  tooLong: number;
  /** Most tokens of one step: prompts once a group, and completions. */
  tokensPerStep: number;
  sample: FormatSample | null;
}

export interface FormatSample {
  completions: number;
  malformed: Partial<Record<MalformedReason, number>>;
  malformedRatio: number;
  clippedRatio: number;
  reward: number;
  zeroStdRatio: number;
  example: string;
}

/**
 * Look at every stage of a run. Nothing is written.
 * @param sample roll out a few instances of each stage that samples, with the model as it is now.
 */
export async function dryRun(
  config: RunConfig,
  sample: boolean,
  { engine, onPhase = () => {}, onProgress }: Pick<TrainerOptions, 'engine' | 'onPhase' | 'onProgress'> = {},
): Promise<DryRunStage[]> {
  onPhase('fetch');
  const model = await loadModelSource(config.model.path, {
    onProgress: ({ received, total }) => onProgress?.({ done: received, total }),
  });
  const resources = {
    config,
    model,
    engine: sample ? (engine ?? (await nativeEngine())) : withoutWeights,
    checkpoints: '',
    rewards: {},
    warn: () => {},
    onPhase,
  };
  const stages: DryRunStage[] = [];
  for (let stage = 0; stage < config.stages.length; stage++) {
    const state = { ...firstState(), stage };
    const run = await openStage(resources, state, null);
    try {
      stages.push(await describeStage(run, sample, { onPhase, ...(onProgress && { onProgress }) }));
    } finally {
      await closeStage(run);
    }
  }
  return stages;
}

async function describeStage(run: RlContext | SftContext, sample: boolean, call: StepCall): Promise<DryRunStage> {
  const order = permutation(run.instances.length, deriveSeed(run.seed, 3)).slice(0, maxRendered);
  const rendered = [...order].map((i) => renderInstance(run.instances[i]!, run.template, run.tokenizer));
  const lengths = rendered.map(({ promptIds }) => promptIds.length).sort((a, b) => a - b);
  const { maxPromptLength, batchSize } = run.stage;
  const fitting = rendered.filter(({ promptIds }) => promptIds.length <= maxPromptLength);
  const completionLength = isRl(run) ? run.stage.maxCompletionLength : longestDemonstration(run, fitting);
  return {
    method: run.stage.method,
    data: run.report,
    instances: run.instances.length,
    validation: run.validation.length,
    totalSteps: run.totalSteps,
    prompts: fitting.slice(0, 3).map(({ instance, prompt, promptIds }) => ({
      instance: instance.id,
      text: prompt,
      tokens: promptIds.length,
      target: instance.target,
    })),
    lengths: {
      measured: lengths.length,
      min: lengths[0]!,
      median: lengths[Math.floor(lengths.length / 2)]!,
      max: lengths.at(-1)!,
    },
    tooLong: rendered.length - fitting.length,
    tokensPerStep: batchSize * (maxPromptLength + (isRl(run) ? run.stage.numGenerations : 1) * completionLength),
    sample:
      sample && isRl(run) && fitting.length > 0
        ? await sampleFormat(run, fitting.slice(0, sampledInstances), call)
        : null,
  };
}

function longestDemonstration(run: SftContext, rendered: readonly RenderedInstance[]): number {
  return Math.max(0, ...rendered.map((row) => run.tokenizer.encode(demonstration(row)).length + 1));
}

async function sampleFormat(
  run: RlContext,
  rendered: readonly RenderedInstance[],
  call: StepCall,
): Promise<FormatSample> {
  call.onPhase?.('rollout');
  const groups = await rollOutAndScore(run, rendered, run.stage, deriveSeed(run.seed, 4), call);
  const scores = groups.flatMap((group) => group.scores);
  const completions = groups.flatMap((group) => group.completions);
  const spreads = groups.map((group) => spread(finiteRewards(group)));
  const counts = malformedReasons.map(
    (reason) => [reason, scores.filter((s) => s.malformed === reason).length] as const,
  );
  return {
    completions: scores.length,
    malformed: Object.fromEntries(counts.filter(([, count]) => count > 0)),
    malformedRatio: scores.filter(({ malformed }) => malformed).length / scores.length,
    clippedRatio: completions.filter(({ finished }) => !finished).length / completions.length,
    reward: spread(groups.flatMap(finiteRewards)).mean,
    zeroStdRatio: spreads.filter(({ std }) => std === 0).length / groups.length,
    example: completions[0]!.text,
  };
}

/** Stands for a model that is looked at without being loaded. */
const withoutWeights: Engine = {
  load: async ({ config }) => {
    const refuse = async () => {
      throw new Error('a dry run has no weights');
    };
    return {
      config,
      parameterCount: 0,
      deviceMemory: 0,
      generate: refuse,
      logProbs: refuse,
      update: refuse,
      save: refuse,
      loadOptimizer: refuse,
      dispose: () => {},
    };
  },
  computeAdvantages: () => {
    throw new Error('a dry run has no advantages');
  },
};
