/** Dynamic sampling: draw, render, roll out, reward and filter in rounds until the batch is full. */
import type { StageConfig } from '../config/index.js';
import { UserError } from '../errors.js';
import type { Progress, RlContext, StageContext, StepCall } from './context.js';
import { type DropReason, dropReasons, reasonToDrop } from './filter.js';
import { deriveSeed } from './random.js';
import { secondsSince } from './record.js';
import { fitsPrompt, type RenderedInstance } from './render.js';
import { rollOutAndScore } from './reward.js';
import type { ScoredGroup } from './rollout.js';

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
  /** Seconds spent on sampling, and after it on waiting for the rewards that were not there yet. */
  time: { rollout: number; reward: number };
}

/** Fill a batch. Changes `progress`: data position, buffer, counters. */
export async function collect(run: RlContext, progress: Progress, call: StepCall): Promise<Collected> {
  const { batchSize, maxSamplingRounds, epsilonStd } = run.stage;
  const highest = run.stage.rewards.reduce((sum, { weight }) => sum + Math.max(weight, 0), 0);
  const onPolicy = progress.buffer.length === 0;
  const kept = progress.buffer;
  const sampled: ScoredGroup[] = [];
  const dropped = Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as Record<DropReason, number>;
  const time = { rollout: 0, reward: 0 };
  let tooLong = 0;
  let rounds = 0;
  for (; kept.length < batchSize && rounds < maxSamplingRounds; rounds++) {
    const wanted = Math.min(batchSize, Math.ceil((batchSize - kept.length) / Math.max(progress.keepRate, 0.1)));
    const drawn = drawRendered(run, progress, wanted);
    tooLong += drawn.tooLong;
    for (const group of await sample(run, drawn.rendered, progress, time, call)) {
      sampled.push(group);
      const reason = reasonToDrop(group, epsilonStd, highest);
      if (reason) dropped[reason]++;
      else kept.push(group);
    }
  }
  // A buffer from a run of larger batches may be enough by itself.
  if (sampled.length > 0)
    progress.keepRate = 1 - Object.values(dropped).reduce((sum, n) => sum + n, 0) / sampled.length;
  progress.buffer = kept.slice(batchSize);
  return { batch: kept.slice(0, batchSize), onPolicy, sampled, dropped, tooLong, rounds, time };
}

async function sample(
  run: RlContext,
  rendered: readonly RenderedInstance[],
  progress: Progress,
  time: Collected['time'],
  call: StepCall,
): Promise<ScoredGroup[]> {
  call.onPhase?.('rollout');
  const seed = deriveSeed(run.seed, 1, progress.rollouts++);
  let started = performance.now();
  const onSampled = () => {
    time.rollout += secondsSince(started);
    started = performance.now();
    call.onPhase?.('reward');
  };
  const scoring = rollOutAndScore(run, rendered, run.stage, seed, { ...call, onSampled });
  prepareNext(run, progress);
  const groups = await scoring;
  time.reward += secondsSince(started);
  return groups;
}

/** Have what a whole batch would draw next rendered beside the work on the weights. Decides nothing: drawing does. */
export function prepareNext({ renderer, instances, deck, stage }: StageContext, { position }: Progress): void {
  const count = Math.min(stage.batchSize, deck.size);
  void renderer.prepare(Array.from({ length: count }, (_, i) => instances[deck.indexAt(position + i)]!));
}

/**
 * The next `count` instances that fit, rendered. Advances `progress.position` beyond those passed over too.
 * @throws UserError when a whole epoch has none that fits.
 */
export function drawRendered<R extends RenderedInstance>(
  run: StageContext<StageConfig, R>,
  progress: Progress,
  count: number,
  fits: (run: StageContext, rendered: R) => boolean = fitsPrompt,
): { rendered: R[]; tooLong: number } {
  const rendered: R[] = [];
  let tooLong = 0;
  let inARow = 0;
  while (rendered.length < count) {
    const instance = run.instances[run.deck.indexAt(progress.position++)]!;
    const next = run.renderer.render(instance);
    if (fits(run, next)) {
      rendered.push(next);
      inARow = 0;
      continue;
    }
    tooLong++;
    // Among so many draws is a whole epoch, wherever they begin.
    if (++inARow >= 2 * run.deck.size - 1) {
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
