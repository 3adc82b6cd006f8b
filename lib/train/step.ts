/** One step of SRL or RLVR: draw, render, roll out, reward and filter (all in `collect`), update, record. */
import { collect } from './collect.js';
import type { Progress, RlContext, StepCall } from './context.js';
import type { MadeUpdate } from './micro_batch.js';
import { type BatchRow, type Metrics, rlBatch, rlMetrics, rlSamples, type Sample, secondsSince } from './record.js';
import { learningRateAt } from './schedule.js';
import { update } from './update.js';

export interface StepResult {
  /** State after the step. */
  progress: Progress;
  metrics: Metrics;
  samples: Sample[];
  updates: MadeUpdate[];
  /** What the updates were made of. */
  batch: () => BatchRow[];
}

/** Make one step. `before` is left as it is, so that a step given up half-way can be made again. */
export async function rlStep(run: RlContext, before: Progress, call: StepCall): Promise<StepResult> {
  const progress = { ...before, buffer: [...before.buffer] };
  const learningRate = learningRateAt(before.stageStep, { ...run.stage, totalSteps: run.totalSteps });

  const collected = await collect(run, progress, call);
  if (collected.batch.length < run.stage.batchSize) warnOfShortBatch(run, before.step + 1, collected);
  const started = performance.now();
  const outcome = await update(run, collected.batch, collected.onPolicy, learningRate, call);
  const { rollout, reward } = collected.time;
  const time = { 'time/rollout': rollout, 'time/reward': reward, 'time/update': secondsSince(started) };

  progress.step++;
  progress.stageStep++;
  for (const { promptIds, completions } of collected.sampled) {
    progress.numTokens += promptIds.length + completions.reduce((sum, { ids }) => sum + ids.length, 0);
  }
  return {
    progress,
    metrics: { ...rlMetrics(run, progress, collected, outcome), learning_rate: learningRate, ...time },
    samples: rlSamples(run, progress, collected, outcome.advantages),
    updates: outcome.updates,
    batch: () => rlBatch(collected.batch, outcome.advantages),
  };
}

function warnOfShortBatch(
  run: RlContext,
  step: number,
  { batch, rounds, dropped }: Awaited<ReturnType<typeof collect>>,
): void {
  const why = Object.entries(dropped)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
  run.warn(
    `step ${step}: after ${rounds} rounds of sampling ${batch.length} of ${run.stage.batchSize} instances teach anything ` +
      `(dropped: ${why}); ${batch.length === 0 ? 'the weights stay as they are' : 'training on those'}`,
  );
}
