import { raggedFromRows, raggedRow } from '../../bindings/ragged.js';
import type { CallOptions, EndedRollouts, Rollouts } from '../../bindings/torch.js';
import type { Tokenizer } from '../prompt/tokenizer.js';
import type { Score } from '../reward/index.js';
import type { TrainablePolicy } from './policy.js';
import type { RenderedInstance } from './render.js';

/** One sampled answer. Its token ids are kept as they were sampled: text is for reading and scoring only. */
export interface Completion {
  ids: Int32Array;
  /** Log-probability of each id under the policy that sampled it. */
  logProbs: Float32Array;
  /** Ended by an end-of-sequence token, not by the length limit. */
  finished: boolean;
  /** Decoded without the end-of-sequence token. */
  text: string;
}

/** An instance with the completions sampled for it. */
export interface Group extends RenderedInstance {
  completions: Completion[];
}

/** A group whose completions have been scored, one score each. */
export interface ScoredGroup extends Group {
  scores: Score[];
}

export interface SamplingSettings {
  numGenerations: number;
  temperature: number;
  maxCompletionLength: number;
  maxBatchedTokens?: number | undefined;
}

/** A completion with its place: `row` counts the completions of all instances, group by group. */
export interface EndedCompletion {
  row: number;
  rendered: RenderedInstance;
  completion: Completion;
}

export interface RolloutCall extends CallOptions {
  /**
   * Given every completion once, in batches, in the order in which they end; the last batch when sampling is done. What
   * it throws ends the sampling.
   */
  onCompletions?: (ended: EndedCompletion[]) => void;
}

/** Sample completions for each instance, group by group. */
export async function rollOut(
  policy: TrainablePolicy,
  rendered: readonly RenderedInstance[],
  sampling: SamplingSettings,
  model: { tokenizer: Tokenizer; eosTokenIds: number[] },
  seed: number,
  { onCompletions, ...call }: RolloutCall = {},
): Promise<Group[]> {
  const { numGenerations, temperature, maxCompletionLength, maxBatchedTokens } = sampling;
  const request = {
    prompts: raggedFromRows(rendered.map(({ promptIds }) => promptIds)),
    numGenerations,
    temperature,
    maxCompletionLength,
    seed,
    eosTokenIds: model.eosTokenIds,
    ...(maxBatchedTokens === undefined ? {} : { maxBatchedTokens }),
  };
  const completions: (Completion | undefined)[] = new Array(rendered.length * numGenerations).fill(undefined);
  const keep = (row: number, rollouts: Rollouts, i: number): EndedCompletion => {
    const completion = completionAt(rollouts, i, model.tokenizer);
    completions[row] = completion;
    return { row, rendered: rendered[Math.floor(row / numGenerations)]!, completion };
  };
  const onEnded = ({ rows, ...rollouts }: EndedRollouts) =>
    onCompletions!(Array.from(rows, (row, i) => keep(row, rollouts, i)));
  const all = await policy.generate(request, { ...call, ...(onCompletions && { onCompletions: onEnded }) });
  const late = [...completions.keys()].filter((row) => !completions[row]).map((row) => keep(row, all, row));
  if (late.length > 0) onCompletions?.(late);
  return rendered.map((instance, g) => ({
    ...instance,
    completions: completions.slice(g * numGenerations, (g + 1) * numGenerations) as Completion[],
  }));
}

/** Rows of the native core as completions, a list for each prompt. */
export function completionGroups(rollouts: Rollouts, numGenerations: number, tokenizer: Tokenizer): Completion[][] {
  return Array.from({ length: rollouts.finished.length / numGenerations }, (_, g) =>
    Array.from({ length: numGenerations }, (_, k) => completionAt(rollouts, g * numGenerations + k, tokenizer)),
  );
}

function completionAt({ completions, logProbs, finished }: Rollouts, i: number, tokenizer: Tokenizer): Completion {
  const ids = raggedRow(completions, i).slice();
  const ended = finished[i] === 1;
  const text = tokenizer.decode(ended ? ids.subarray(0, -1) : ids);
  return { ids, logProbs: raggedRow(logProbs, i).slice(), finished: ended, text };
}
