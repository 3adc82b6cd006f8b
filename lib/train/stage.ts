/** Opening a stage: data, template, rewards, policy and reference. */
import type { RlStage, RunConfig, StageConfig } from '../config/index.js';
import type { Instance } from '../data/instance.js';
import { UserError } from '../errors.js';
import type { ModelSource } from '../model/source.js';
import { loadTemplate, type Template } from '../prompt/template.js';
import { type RewardFunction, Scorer } from '../reward/index.js';
import { checkpointFolder, loadOptimizer, weightsFile } from './checkpoint.js';
import type { Phase, RlContext, SftContext } from './context.js';
import { readDataset } from './dataset.js';
import { Deck } from './draw.js';
import { hostMemory, tokensThatFit } from './memory.js';
import type { Engine, TrainablePolicy } from './policy.js';
import { deriveSeed } from './random.js';
import { Renderer, renderInstance } from './render.js';
import { renderDemonstration } from './sft.js';
import type { RunState } from './state.js';

export interface StageResources {
  config: RunConfig;
  model: ModelSource;
  engine: Engine;
  /** Folder of the run's checkpoints. */
  checkpoints: string;
  rewards: Readonly<Record<string, RewardFunction>>;
  warn(message: string): void;
  /** Told before the data is read and before the weights are. */
  onPhase?: (phase: Phase) => void;
}

/**
 * Make a stage ready to go on from `state`.
 * @param resumed the checkpoint that `state` was read from, or null at the beginning of the stage.
 */
export async function openStage(
  resources: StageResources,
  state: RunState,
  resumed: string | null,
): Promise<RlContext | SftContext> {
  const { config, model, engine, checkpoints, warn } = resources;
  const stage = config.stages[state.stage]!;
  checkPositions(stage, model);
  if (model.eosTokenIds.length === 0) {
    warn(
      `${model.name} names no end-of-sequence token: it learns none, and only the limit of its length ends a completion`,
    );
  }
  resources.onPhase?.('data');
  const { train, validation, report } = await readDataset(config, stage);
  const template = await stageTemplate(stage, train);
  const start = state.start === null ? null : checkpointFolder(checkpoints, state.start);
  resources.onPhase?.('load');
  const policy = await loadPolicy(resources, resumed ?? start);
  try {
    if (resumed !== null) await loadOptimizer(resumed, policy);
    const seed = deriveSeed(config.seed, state.stage);
    const shared = {
      index: state.stage,
      seed,
      totalSteps: stage.maxSteps ?? Math.max(1, Math.ceil((stage.numTrainEpochs * train.length) / stage.batchSize)),
      engine,
      policy,
      tokenizer: model.tokenizer,
      eosTokenIds: model.eosTokenIds,
      template,
      instances: train,
      validation,
      report,
      deck: new Deck(train.length, deriveSeed(seed, 0)),
      memory: { maxTokensPerMicroBatch: state.maxTokensPerMicroBatch ?? microBatch(stage, policy) },
      warn,
    };
    if (stage.method === 'sft') {
      return { ...shared, stage, renderer: new Renderer((instance) => renderDemonstration(instance, template, model)) };
    }
    const renderer = new Renderer((instance) => renderInstance(instance, template, model.tokenizer));
    return { ...shared, stage, renderer, ...(await openRewards(resources, stage, start)) };
  } catch (error) {
    policy.dispose();
    throw error;
  }
}

/** What an RL stage needs besides: its rewards, and the policy it starts from where that is compared with. */
async function openRewards(
  resources: StageResources,
  stage: RlStage,
  start: string | null,
): Promise<Pick<RlContext, 'scorer' | 'reference'>> {
  const scorer = await Scorer.create(stage, resources.rewards, onceEach(resources.warn));
  try {
    return { scorer, reference: stage.beta === 0 ? null : await loadPolicy(resources, start) };
  } catch (error) {
    await scorer.dispose();
    throw error;
  }
}

/** As configured; left out, what the memory has room for, where a reference policy takes its share too. */
function microBatch(stage: StageConfig, { config, parameterCount, deviceMemory }: TrainablePolicy): number {
  const copies = stage.method !== 'sft' && stage.beta !== 0 ? 2 : 1;
  return (
    stage.maxTokensPerMicroBatch ??
    tokensThatFit(config, {
      memory: deviceMemory || hostMemory(),
      parameters: copies * parameterCount,
      gradientCheckpointing: stage.gradientCheckpointing,
    })
  );
}

export async function closeStage(run: RlContext | SftContext): Promise<void> {
  run.renderer.stop();
  run.policy.dispose();
  if (!isRl(run)) return;
  run.reference?.dispose();
  await run.scorer.dispose();
}

export function isRl(run: RlContext | SftContext): run is RlContext {
  return run.stage.method !== 'sft';
}

/** A model knows nothing of positions beyond those it was made for. */
function checkPositions(stage: StageConfig, { name, config }: ModelSource): void {
  const completion = stage.method === 'sft' ? 1 : stage.maxCompletionLength;
  if (stage.maxPromptLength + completion <= config.maxPositions) return;
  throw new UserError(
    `maxPromptLength (${stage.maxPromptLength}) and maxCompletionLength (${completion}) together are more than the ` +
      `${config.maxPositions} positions that ${name} was made for.`,
    'FOOTHOLD_CONFIG',
  );
}

/** The policy of a checkpoint's folder; of the run's model for null. */
function loadPolicy({ engine, model, config }: StageResources, folder: string | null): Promise<TrainablePolicy> {
  const { device, dtype } = config.model;
  const weights = folder
    ? { format: 'safetensors' as const, files: [weightsFile(folder)] }
    : { format: model.format, files: model.files };
  return engine.load({ config: model.config, ...weights, device, dtype });
}

/** The configured template, or the one that fits: agent trajectories have observations. */
export function stageTemplate(
  stage: Pick<StageConfig, 'template' | 'unit'>,
  instances: readonly Instance[],
): Promise<Template> {
  if (stage.template !== undefined) return loadTemplate(stage.template);
  const agent = instances.some(({ context }) => context.some(({ observation }) => observation !== undefined));
  return loadTemplate(`${agent ? 'software' : 'math'}${stage.unit === 'whole' ? '-whole' : ''}`);
}

/** Warn of each kind of failure once in a while rather than for every completion: at the 1st, 10th, 100th, … */
function onceEach(warn: (message: string) => void): (message: string) => void {
  const seen = new Map<string, number>();
  return (message) => {
    const count = (seen.get(message) ?? 0) + 1;
    seen.set(message, count);
    if (/^10*$/.test(String(count))) warn(count === 1 ? message : `${message} (${count} times so far)`);
  };
}
