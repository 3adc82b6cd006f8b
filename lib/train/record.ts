/** What a step leaves behind: a line of metrics, with TRL's names, and some of its completions. */
import { malformedReasons } from '../reward/index.js';
import type { Collected } from './collect.js';
import type { Progress, RlContext, StageContext } from './context.js';
import { finiteRewards, spread } from './filter.js';
import type { MadeUpdate } from './micro_batch.js';
import type { ScoredGroup } from './rollout.js';
import type { UpdateOutcome } from './update.js';

/** Numbers by name; null where there is none. */
export type Metrics = Record<string, number | string | null>;

/** One completion as written to `samples.jsonl`. */
export interface Sample {
  step: number;
  stage: number;
  split: 'train' | 'validation';
  instance: string;
  prompt: string;
  completion: string;
  thought: string | null;
  action: string | null;
  expert: string;
  reward: number | null;
  /** Value of each reward, by name; empty when malformed. */
  rewards: Record<string, number | null>;
  malformed: string | null;
  /** Null when its group was not trained on in this step. */
  advantage: number | null;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const finite = (value: number) => (Number.isFinite(value) ? value : null);

/** Time gone by since a `performance.now()`. */
export const secondsSince = (started: number) => (performance.now() - started) / 1000;

/** One completion of a batch as the report of a bad step shows it. */
export interface BatchRow {
  instance: string;
  prompt: string;
  completion: string;
  /** Null where there is none: in supervised fine-tuning, and where the reward failed. */
  reward: number | null;
  advantage: number | null;
}

/**
 * Metrics of one RL step. What is said about rewards and completions holds for everything sampled in the step, also for
 * what the filter dropped; advantages and updates are those of the batch.
 */
export function rlMetrics(run: RlContext, progress: Progress, collected: Collected, outcome: UpdateOutcome): Metrics {
  const { sampled, dropped, batch } = collected;
  const groups = sampled.map((group) => spread(finiteRewards(group)));
  const withRewards = groups.filter(({ std }) => Number.isFinite(std));
  const rows = sampled.flatMap(({ completions }) => completions);
  const scores = sampled.flatMap((group) => group.scores);
  return {
    ...position(run, progress),
    reward: finite(mean(sampled.flatMap(finiteRewards))),
    reward_std: finite(mean(withRewards.map(({ std }) => std))),
    frac_reward_zero_std: finite(mean(withRewards.map(({ std }) => Number(std === 0)))),
    ...rewardParts(run, sampled),
    'rewards/failed': scores.filter(({ reward }) => !Number.isFinite(reward)).length,
    ...lengths(rows),
    'completions/malformed_ratio': finite(mean(scores.map(({ malformed }) => Number(malformed !== null)))),
    ...Object.fromEntries(
      malformedReasons.map((reason) => [`malformed/${reason}`, scores.filter((s) => s.malformed === reason).length]),
    ),
    'sampling/rounds': collected.rounds,
    'sampling/groups': sampled.length,
    'sampling/batch': batch.length,
    'sampling/buffered': progress.buffer.length,
    'sampling/too_long': collected.tooLong,
    ...Object.fromEntries(Object.entries(dropped).map(([reason, count]) => [`sampling/dropped/${reason}`, count])),
    'advantages/std': finite(spread([...outcome.advantages]).std),
    ...updateMetrics(outcome.updates),
    ...(run.reference ? { kl: finite(mean(outcome.updates.map(({ kl }) => kl))) } : {}),
    'clip_ratio/low_mean': finite(mean(outcome.updates.map(({ clipRatioLow }) => clipRatioLow))),
    'clip_ratio/high_mean': finite(mean(outcome.updates.map(({ clipRatioHigh }) => clipRatioHigh))),
    'clip_ratio/region_mean': finite(mean(outcome.updates.map((u) => u.clipRatioLow + u.clipRatioHigh))),
  };
}

/** Where in the run a line belongs. */
export function position(run: StageContext, progress: Progress): Metrics {
  return {
    step: progress.step,
    stage: run.index,
    method: run.stage.method,
    epoch: progress.position / run.deck.size,
    num_tokens: progress.numTokens,
  };
}

/** Means over the updates that were made. */
export function updateMetrics(updates: readonly MadeUpdate[]): Metrics {
  return {
    loss: finite(mean(updates.map(({ loss }) => loss))),
    grad_norm: finite(mean(updates.map(({ gradNorm }) => gradNorm))),
    entropy: finite(mean(updates.map(({ entropy }) => entropy))),
    'updates/made': updates.filter(({ skipped }) => skipped === null).length,
    'updates/skipped_masked': updates.filter(({ skipped }) => skipped === 'masked').length,
    'updates/out_of_memory': updates.reduce((sum, { outOfMemory }) => sum + outOfMemory, 0),
    'updates/skipped_non_finite': updates.filter(({ skipped }) => skipped === 'nonFinite').length,
  };
}

function rewardParts(run: RlContext, sampled: readonly ScoredGroup[]): Metrics {
  const metrics: Metrics = {};
  run.scorer.names.forEach((name, k) => {
    const values = sampled.flatMap(({ scores }) => scores.flatMap(({ parts }) => parts.slice(k, k + 1)));
    const { mean, std } = spread(values.filter(Number.isFinite));
    metrics[`rewards/${name}/mean`] = finite(mean);
    metrics[`rewards/${name}/std`] = finite(std);
  });
  return metrics;
}

function lengths(rows: readonly { ids: Int32Array; finished: boolean }[]): Metrics {
  const all = rows.map(({ ids }) => ids.length);
  return {
    'completions/mean_length': finite(mean(all)),
    'completions/min_length': finite(all.reduce((least, length) => Math.min(least, length), Infinity)),
    'completions/max_length': finite(all.reduce((most, length) => Math.max(most, length), -Infinity)),
    'completions/clipped_ratio': finite(mean(rows.map(({ finished }) => Number(!finished)))),
    'completions/mean_terminated_length': finite(mean(rows.filter((row) => row.finished).map(({ ids }) => ids.length))),
  };
}

/** The first `logCompletions` completions of the step, whole groups after each other. */
export function rlSamples(
  run: RlContext,
  progress: Progress,
  collected: Collected,
  advantages: Float64Array,
): Sample[] {
  const advantageOf = new Map<ScoredGroup, Float64Array>();
  let row = 0;
  for (const group of collected.batch) {
    advantageOf.set(group, advantages.subarray(row, row + group.completions.length));
    row += group.completions.length;
  }
  return collected.sampled
    .flatMap((group) =>
      group.completions.map((_, k) => ({
        ...sampleOf(run, progress.step, group, k),
        advantage: advantageOf.get(group)?.[k] ?? null,
      })),
    )
    .slice(0, run.stage.logCompletions);
}

/** All that was trained on. */
export function rlBatch(batch: readonly ScoredGroup[], advantages: Float64Array): BatchRow[] {
  return batch
    .flatMap(({ instance, prompt, completions, scores }) =>
      completions.map(({ text }, k) => ({
        instance: instance.id,
        prompt,
        completion: text,
        reward: finite(scores[k]!.reward),
      })),
    )
    .map((row, i) => ({ ...row, advantage: finite(advantages[i]!) }));
}

/** One completion of a group with its score. */
export function sampleOf(run: RlContext, step: number, group: ScoredGroup, k: number): Sample {
  const { reward, malformed, thought, action, parts } = group.scores[k]!;
  return {
    step,
    stage: run.index,
    split: 'train',
    instance: group.instance.id,
    prompt: group.prompt,
    completion: group.completions[k]!.text,
    thought,
    action,
    expert: group.instance.target,
    reward: finite(reward),
    rewards: Object.fromEntries(parts.map((value, i) => [run.scorer.names[i]!, finite(value)])),
    malformed,
    advantage: null,
  };
}
