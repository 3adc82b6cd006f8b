/** Dynamic sampling: draw, render, roll out, reward and filter in rounds until the batch is full. */
import { UserError } from '../errors.js';
import type { Progress, RlContext, StageContext, StepCall } from './context.js';
import { type DropReason, dropReasons, reasonToDrop } from './filter.js';
import { deriveSeed } from './random.js';
import { fitsPrompt, type RenderedInstance, renderInstance } from './render.js';
import { reward } from './reward.js';
import { rollOut, type ScoredGroup } from './rollout.js';

export interface Collected {
  /** Groups to train on: at most `batchSize`. */
  batch: ScoredGroup[];
  /** Whether each group of the batch was sampled by the weights as they are now. */
  onPolicy: boolean;
  /** All groups sampled in this step, dropped ones too. */
  sampled: ScoredGroup[];
  dropped: Record<DropReason, number>;
  /** Instances passed over because their prompt is too long. */
  tooLong: number;
  rounds: number;
}

/** Fill a batch. Changes `progress`: data position, buffer, counters. */
export async function collect(run: RlContext, progress: Progress, call: StepCall): Promise<Collected> {
  const { batchSize, maxSamplingRounds, epsilonStd } = run.stage;
  const highest = run.stage.rewards.reduce((sum, { weight }) => sum + Math.max(weight, 0), 0);
  const onPolicy = progress.buffer.length === 0;
  const kept = progress.buffer;
  const sampled: ScoredGroup[] = [];
  const dropped = Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as Record<DropReason, number>;
  let tooLong = 0;
  let rounds = 0;
  for (; kept.length < batchSize && rounds < maxSamplingRounds; rounds++) {
    const wanted = Math.min(batchSize, Math.ceil((batchSize - kept.length) / Math.max(progress.keepRate, 0.1)));
    const drawn = drawRendered(run, progress, wanted);
    tooLong += drawn.tooLong;
    for (const group of await sample(run, drawn.rendered, progress, call)) {
      sampled.push(group);
      const reason = reasonToDrop(group, epsilonStd, highest);
      if (reason) dropped[reason]++;
      else kept.push(group);
    }
  }
  progress.keepRate = 1 - Object.values(dropped).reduce((sum, n) => sum + n, 0) / sampled.length;
  progress.buffer = kept.slice(batchSize);
  return { batch: kept.slice(0, batchSize), onPolicy, sampled, dropped, tooLong, rounds };
}

async function sample(
  run: RlContext,
  rendered: readonly RenderedInstance[],
  progress: Progress,
  call: StepCall,
): Promise<ScoredGroup[]> {
  call.onPhase?.('rollout');
  const seed = deriveSeed(run.seed, 1, progress.rollouts++);
  const groups = await rollOut(run.policy, rendered, run.stage, run, seed, call);
  call.onPhase?.('reward');
  return reward(groups, run.scorer);
}

/**
 * The next `count` instances that fit, rendered. Advances `progress.position` beyond those passed over too.
 * @throws UserError when a whole epoch has none that fits.
 */
export function drawRendered(
  run: StageContext,
  progress: Progress,
  count: number,
  fits: (run: StageContext, rendered: RenderedInstance) => boolean = fitsPrompt,
): { rendered: RenderedInstance[]; tooLong: number } {
  const rendered: RenderedInstance[] = [];
  let tooLong = 0;
  let inARow = 0;
  while (rendered.length < count) {
    const instance = run.instances[run.deck.indexAt(progress.position++)]!;
    const next = renderInstance(instance, run.template, run.tokenizer);
    if (fits(run, next)) {
      rendered.push(next);
      inARow = 0;
      continue;
    }
    tooLong++;
    if (++inARow >= run.deck.size) {
      throw new UserError(
        `No instance fits: every prompt is longer than maxPromptLength (${run.stage.maxPromptLength} tokens), or with its ` +
          `answer than the model's ${run.policy.config.maxPositions} positions. The last prompt has ${next.promptIds.length}.`,
      );
    }
  }
  if (tooLong > count && progress.stageStep === 0) {
    run.warn(
      `${tooLong} of the first ${tooLong + count} instances are too long (maxPromptLength ${run.stage.maxPromptLength}) and passed over; ` +
        '--dry-run shows the lengths',
    );
  }
  return { rendered, tooLong };
}
