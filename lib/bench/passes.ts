/**
 * The passes through the model that a rollout or an update cannot do without: what `Policy.timeProducts` times, to say which
 * share of the whole the matrix products have.
 */
import type { ProductPasses } from '../../bindings/torch.js';
import type { Work } from './work.js';

/** Prompts are computed in passes of about so many tokens: larger ones are no faster. */
const PREFILL_TOKENS = 2048;

/**
 * Each prompt once, then for every position the rows that go on beyond it. The first token is drawn from the prompt's own
 * logits, and the last is not fed back, so a completion of n tokens takes part in n − 1 of these.
 *
 * @param lengths tokens of each completion
 */
export function rolloutPasses({ prompts, promptLength }: Work, lengths: readonly number[]): ProductPasses {
  const passes: [rows: number, headRows: number][] = [];
  const promptsAtOnce = Math.max(1, Math.ceil(PREFILL_TOKENS / promptLength));
  for (let done = 0; done < prompts; done += promptsAtOnce) {
    const count = Math.min(promptsAtOnce, prompts - done);
    passes.push([count * promptLength, count]);
  }
  for (let position = 1; position < Math.max(...lengths); position++) {
    const running = lengths.filter((length) => length > position).length;
    passes.push([running, running]);
  }
  return toPasses(passes, false);
}

/**
 * Each prompt once with its completions, whose last tokens need no pass; the output layer for every completion token. The
 * tokens are shared out evenly among the micro-batches.
 */
export function updatePasses(work: Work, lengths: readonly number[], microBatches: number): ProductPasses {
  const completionTokens = lengths.reduce((sum, length) => sum + length, 0);
  const rows = work.prompts * work.promptLength + completionTokens - lengths.length;
  const share = (total: number) => Math.max(1, Math.round(total / microBatches));
  return toPasses(
    Array.from({ length: microBatches }, () => [share(rows), share(completionTokens)]),
    true,
  );
}

function toPasses(passes: [rows: number, headRows: number][], backward: boolean): ProductPasses {
  return {
    rows: Int32Array.from(passes, ([rows]) => rows),
    headRows: Int32Array.from(passes, ([, headRows]) => headRows),
    backward,
  };
}
