/** Sampling with rewards: a completion is scored as soon as it ends, while others are still being sampled. */
import { setMaxListeners } from 'node:events';
import type { CallOptions } from '../../bindings/torch.js';
import type { Candidate, Score } from '../reward/index.js';
import type { RlContext } from './context.js';
import type { RenderedInstance } from './render.js';
import { type EndedCompletion, rollOut, type SamplingSettings, type ScoredGroup } from './rollout.js';

export interface ScoringCall extends CallOptions {
  /** Sampling is done; what is left is to wait for rewards. */
  onSampled?: () => void;
}

/**
 * Sample completions for each instance and score every one, group by group. A score that cannot be computed ends the
 * sampling; when the call fails or is aborted, nothing of it goes on.
 */
export async function rollOutAndScore(
  { policy, scorer, ...model }: Pick<RlContext, 'policy' | 'scorer' | 'tokenizer' | 'eosTokenIds'>,
  rendered: readonly RenderedInstance[],
  sampling: SamplingSettings,
  seed: number,
  { signal, onSampled, ...call }: ScoringCall = {},
): Promise<ScoredGroup[]> {
  signal?.throwIfAborted();
  const { numGenerations } = sampling;
  const scores: Score[] = new Array(rendered.length * numGenerations);
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // every batch under way listens
  const score = async (ended: EndedCompletion[]) => {
    const made = await scorer.score(ended.map(candidate), stop.signal);
    for (const [i, { row }] of ended.entries()) scores[row] = made[i]!;
  };
  const pending: Promise<void>[] = [];
  const onCompletions = (ended: EndedCompletion[]) => {
    const scoring = score(ended);
    scoring.catch((error) => stop.abort(error));
    pending.push(scoring);
  };
  const abort = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const groups = await rollOut(policy, rendered, sampling, model, seed, {
      ...call,
      signal: stop.signal,
      onCompletions,
    });
    onSampled?.();
    await Promise.all(pending);
    return groups.map((group, g) => ({
      ...group,
      scores: scores.slice(g * numGenerations, (g + 1) * numGenerations),
    }));
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(pending);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function candidate({ rendered: { instance, prompt, prefilled }, completion }: EndedCompletion): Candidate {
  return { instance, prompt, prefilled, completion: completion.text, finished: completion.finished };
}
