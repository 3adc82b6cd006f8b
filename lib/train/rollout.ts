import { raggedFromRows, raggedRow } from '../../bindings/ragged.js';
import type { CallOptions, Rollouts } from '../../bindings/torch.js';
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

/** Sample completions for each instance, group by group. */
export async function rollOut(
  policy: TrainablePolicy,
  rendered: readonly RenderedInstance[],
  sampling: SamplingSettings,
  model: { tokenizer: Tokenizer; eosTokenIds: number[] },
  seed: number,
  call?: CallOptions,
): Promise<Group[]> {
  const { numGenerations, temperature, maxCompletionLength, maxBatchedTokens } = sampling;
  const rollouts = await policy.generate(
    {
      prompts: raggedFromRows(rendered.map(({ promptIds }) => promptIds)),
      numGenerations,
      temperature,
      maxCompletionLength,
      seed,
      eosTokenIds: model.eosTokenIds,
      ...(maxBatchedTokens === undefined ? {} : { maxBatchedTokens }),
    },
    call,
  );
  const groups = completionGroups(rollouts, numGenerations, model.tokenizer);
  return rendered.map((instance, g) => ({ ...instance, completions: groups[g]! }));
}

/** Rows of the native core as completions, a list for each prompt. */
export function completionGroups(
  { completions, logProbs, finished }: Rollouts,
  numGenerations: number,
  tokenizer: Tokenizer,
): Completion[][] {
  const completion = (row: number): Completion => {
    const ids = raggedRow(completions, row).slice();
    const ended = finished[row] === 1;
    const text = tokenizer.decode(ended ? ids.subarray(0, -1) : ids);
    return { ids, logProbs: raggedRow(logProbs, row).slice(), finished: ended, text };
  };
  return Array.from({ length: finished.length / numGenerations }, (_, g) =>
    Array.from({ length: numGenerations }, (_, k) => completion(g * numGenerations + k)),
  );
}
