/** From scored groups to new weights. */
import { raggedFromRows } from '../../bindings/ragged.js';
import type { TokenBatch, UpdateBatch } from '../../bindings/torch.js';
import type { RlStage, StageConfig } from '../config/index.js';
import type { RlContext, StepCall } from './context.js';
import { type MadeUpdate, type UpdateSettings, updateWithinMemory } from './micro_batch.js';
import type { ScoredGroup } from './rollout.js';

export interface UpdateOutcome {
  /** Of each update made, in order. */
  updates: MadeUpdate[];
  /** Advantage of each completion of the batch, group by group. */
  advantages: Float64Array;
}

/**
 * One or more GRPO updates with the batch: `numIterations` passes, each in `numMiniBatches` parts of whole groups.
 * Advantages are computed once over the whole batch.
 */
export async function update(
  run: RlContext,
  batch: readonly ScoredGroup[],
  onPolicy: boolean,
  learningRate: number,
  call: StepCall,
): Promise<UpdateOutcome> {
  if (batch.length === 0) return { updates: [], advantages: new Float64Array() };
  const { stage, reference, engine } = run;
  const rewards = Float64Array.from(batch.flatMap(({ scores }) => scores.map(({ reward }) => reward)));
  const groupSizes = Int32Array.from(batch, ({ completions }) => completions.length);
  const { advantages } = engine.computeAdvantages(rewards, groupSizes, stage.scaleRewards);

  call.onPhase?.('update');
  const parts = await Promise.all(
    splitGroups(batch, stage.numMiniBatches).map(async ({ groups, firstRow }) => {
      const tokens = tokenBatch(groups);
      const rows = groups.flatMap(({ completions }) => completions);
      const refLogProbs = reference && (await reference.logProbs(tokens, stage.temperature, call));
      return {
        ...tokens,
        advantages: advantages.slice(firstRow, firstRow + rows.length),
        ...(refLogProbs && { refLogProbs }),
        ...(stage.maskTruncated && { mask: Uint8Array.from(rows, ({ finished }) => Number(finished)) }),
        // The first update of fresh rollouts has ratio 1 by definition and needs no old log-probabilities.
        oldLogProbs: concatenate(rows.map(({ logProbs }) => logProbs)),
      };
    }),
  );

  const single = parts.length * stage.numIterations === 1;
  const settings = updateSettings(stage, learningRate);
  const updates: MadeUpdate[] = [];
  for (let pass = 0; pass < stage.numIterations; pass++) {
    for (const part of parts) {
      const { oldLogProbs, ...fresh } = part;
      const given: UpdateBatch = onPolicy && single ? fresh : { ...fresh, oldLogProbs };
      updates.push(await updateWithinMemory(run, given, settings, call));
      call.onUpdate?.();
    }
  }
  return { updates, advantages };
}

/** Settings of the loss and the optimizer as the addon takes them; the size of a micro-batch goes by the memory. */
export function updateSettings(stage: StageConfig, learningRate: number): UpdateSettings {
  const loss: Pick<RlStage, 'epsilon' | 'beta' | 'temperature' | 'maxCompletionLength'> & {
    lossType: UpdateSettings['lossType'];
    epsilonHigh?: number | undefined;
  } =
    stage.method === 'sft'
      ? { lossType: 'crossEntropy', epsilon: 0.2, beta: 0, temperature: 1, maxCompletionLength: 1 }
      : stage;
  return {
    lossType: loss.lossType,
    epsilonLow: loss.epsilon,
    epsilonHigh: loss.epsilonHigh ?? loss.epsilon,
    beta: loss.beta,
    temperature: loss.temperature,
    maxCompletionLength: loss.maxCompletionLength,
    learningRate,
    beta1: stage.adamBeta1,
    beta2: stage.adamBeta2,
    adamEpsilon: stage.adamEpsilon,
    weightDecay: stage.weightDecay,
    maxGradNorm: stage.maxGradNorm,
    gradientCheckpointing: stage.gradientCheckpointing,
  };
}

function tokenBatch(groups: readonly ScoredGroup[]): TokenBatch {
  return {
    prompts: raggedFromRows(groups.map(({ promptIds }) => promptIds)),
    groupSizes: Int32Array.from(groups, ({ completions }) => completions.length),
    completions: raggedFromRows(groups.flatMap(({ completions }) => completions.map(({ ids }) => ids))),
  };
}

/** Parts of nearly equal numbers of whole groups, with the row each part begins at; fewer parts when groups are few. */
function splitGroups(groups: readonly ScoredGroup[], numParts: number): { groups: ScoredGroup[]; firstRow: number }[] {
  const count = Math.min(numParts, groups.length);
  let firstRow = 0;
  return Array.from({ length: count }, (_, part) => {
    const from = Math.floor((part * groups.length) / count);
    const own = groups.slice(from, Math.floor(((part + 1) * groups.length) / count));
    const start = firstRow;
    firstRow += own.reduce((sum, { completions }) => sum + completions.length, 0);
    return { groups: own, firstRow: start };
  });
}

function concatenate(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
