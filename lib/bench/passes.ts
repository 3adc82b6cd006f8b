/**
 * The passes through the model that a rollout or an update cannot do without: what `Policy.timeProducts` times, to say which
 * share of the whole the matrix products have.
 */
import type { ProductPasses } from '../../bindings/torch.js';
import type { Work } from './work.js';

/** Prompts are computed in passes of about so many tokens: larger ones are no faster. */
const PREFILL_TOKENS = 2048;

interface Pass {
  rows: number;
  headRows: number;
  pairs: number;
}

const promptsAtOnce = (promptLength: number) => Math.max(1, Math.ceil(PREFILL_TOKENS / promptLength));

/** Passes in which the prompts are computed. */
export const prefillPasses = ({ prompts, promptLength }: Work) => Math.ceil(prompts / promptsAtOnce(promptLength));

/**
 * Each prompt once, then for every position the rows that go on beyond it. The first token is drawn from the prompt's own
 * logits, and the last is not fed back, so a completion of n tokens takes part in n − 1 of these.
 *
 * @param lengths tokens of each completion
 */
export function rolloutPasses({ prompts, promptLength }: Work, lengths: readonly number[]): ProductPasses {
  const passes: Pass[] = [];
  const atOnce = promptsAtOnce(promptLength);
  for (let done = 0; done < prompts; done += atOnce) {
    const count = Math.min(atOnce, prompts - done);
    passes.push({ rows: count * promptLength, headRows: count, pairs: count * causalPairs(promptLength) });
  }
  for (let position = 1; position < Math.max(...lengths); position++) {
    const running = lengths.filter((length) => length > position).length;
    passes.push({ rows: running, headRows: running, pairs: running * (promptLength + position) });
  }
  return toPasses(passes, false);
}

/**
 * Each prompt once with its completions, whose last tokens need no pass; the output layer for every completion token. All is
 * shared out evenly among the micro-batches.
 */
export function updatePasses(work: Work, lengths: readonly number[], microBatches: number): ProductPasses {
  const { prompts, promptLength } = work;
  const headRows = sum(lengths);
  const rows = prompts * promptLength + headRows - lengths.length;
  const completionPairs = lengths.map((length) => (length - 1) * promptLength + causalPairs(length - 1));
  const pairs = prompts * causalPairs(promptLength) + sum(completionPairs);
  const share = (total: number) => Math.max(1, Math.round(total / microBatches));
  const pass = { rows: share(rows), headRows: share(headRows), pairs: share(pairs) };
  return toPasses(new Array<Pass>(microBatches).fill(pass), true);
}

/** Pairs of `length` tokens of which each sees itself and those before it. */
const causalPairs = (length: number) => (length * (length + 1)) / 2;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function toPasses(passes: readonly Pass[], backward: boolean): ProductPasses {
  return {
    rows: Int32Array.from(passes, ({ rows }) => rows),
    headRows: Int32Array.from(passes, ({ headRows }) => headRows),
    pairs: Float64Array.from(passes, ({ pairs }) => pairs),
    backward,
  };
}
