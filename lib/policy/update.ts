/** What an update learns from, and its settings. */
import { raggedFromRows } from '../../bindings/ragged.js';
import type { LossType, TokenBatch, UpdateBatch, UpdateOptions } from '../../bindings/torch.js';
import { UserError } from '../errors.js';
import type { Completion, Prompt } from './completion.js';

/** A completion to score or to learn from: one that was sampled, or ids from elsewhere. */
export type GivenCompletion = { readonly ids: ArrayLike<number> } & Partial<Pick<Completion, 'logProbs' | 'sampling'>>;

/** A prompt with completions of it. The prompt is computed once for all of them. */
export interface Group {
  prompt: Prompt;
  completions: readonly GivenCompletion[];
}

/** A group to learn from. */
export interface TrainingGroup extends Group {
  /** One a completion, see {@link groupAdvantages}; 0 teaches nothing. Left out for `crossEntropy` only. */
  advantages?: ArrayLike<number>;
  /** Log-probability of each token under a reference policy, a row a completion; needed where `beta` is not 0. */
  refLogProbs?: readonly Float32Array[];
}

/** Settings of an update. Names and defaults are those of `docs/configuration.md`. */
export interface PolicyUpdateOptions {
  /** Step width of AdamW. */
  learningRate: number;
  /** `grpo` (default), `dapo`, `drGrpo`, `gspo`; or `crossEntropy`: make the given completions likelier. */
  lossType?: LossType;
  /** Clip range of the probability ratio, 1 − epsilon to 1 + epsilonHigh. Default 0.2; epsilonHigh: as epsilon. */
  epsilon?: number;
  epsilonHigh?: number;
  /** Weight of KL(policy ‖ reference). Default 0. */
  beta?: number;
  /** Of completions that do not say it themselves. Default 1. */
  temperature?: number;
  /** `drGrpo` divides by it. */
  maxCompletionLength?: number;
  /** Of AdamW: 0.9, 0.999, 1e-8, and 0 (decoupled, on matrices only). */
  adamBeta1?: number;
  adamBeta2?: number;
  adamEpsilon?: number;
  weightDecay?: number;
  /** Gradients are scaled to at most this norm. Default 1; 0 turns it off. */
  maxGradNorm?: number;
  /** Most tokens of one forward and backward pass: memory against speed. Default 8192. */
  maxTokensPerMicroBatch?: number;
  /** Compute activations again instead of keeping them. Default false. */
  gradientCheckpointing?: boolean;
}

/** Settings as the addon takes them; what is left out is as in a run's configuration. */
export function nativeOptions(given: PolicyUpdateOptions, temperature: number): UpdateOptions {
  const { learningRate, lossType = 'grpo', epsilon = 0.2, maxCompletionLength } = given;
  if (lossType === 'drGrpo' && maxCompletionLength === undefined) {
    throw new UserError('lossType "drGrpo" divides by maxCompletionLength; give it.');
  }
  return {
    lossType,
    epsilonLow: epsilon,
    epsilonHigh: given.epsilonHigh ?? epsilon,
    beta: given.beta ?? 0,
    temperature,
    maxCompletionLength: maxCompletionLength ?? 1, // read by drGrpo alone
    learningRate,
    beta1: given.adamBeta1 ?? 0.9,
    beta2: given.adamBeta2 ?? 0.999,
    adamEpsilon: given.adamEpsilon ?? 1e-8,
    weightDecay: given.weightDecay ?? 0,
    maxGradNorm: given.maxGradNorm ?? 1,
    maxTokensPerMicroBatch: given.maxTokensPerMicroBatch ?? 8192,
    gradientCheckpointing: given.gradientCheckpointing ?? false,
  };
}

/**
 * The temperature at which the completions were sampled, the same for all. Log-probabilities of an update are of the
 * distribution that was sampled, or the ratio to the old policy means nothing: so truncated or greedy ones are refused.
 */
export function samplingTemperature(groups: readonly Group[], { temperature }: PolicyUpdateOptions): number {
  const known = groups.flatMap(({ completions }) => completions.flatMap(({ sampling }) => sampling ?? []));
  if (known.some(({ truncated }) => truncated)) {
    throw new UserError('Completions sampled with topK, topP or minP cannot be learnt from; sample without them.');
  }
  const all = [
    ...new Set([...known.map((sampling) => sampling.temperature), ...(temperature === undefined ? [] : [temperature])]),
  ];
  if (all.length > 1)
    throw new UserError(`The completions of one update are of temperatures ${all.join(', ')}; expected one.`);
  const [only = 1] = all;
  if (only > 0) return only;
  throw new UserError('Greedy completions cannot be learnt from; sample them with a temperature, such as 1.');
}

/** Groups as the ragged batch of the native core. */
export function tokenBatch(groups: readonly Group[], idsOf: (prompt: Prompt) => ArrayLike<number>): TokenBatch {
  return {
    prompts: raggedFromRows(groups.map(({ prompt }) => idsOf(prompt))),
    groupSizes: Int32Array.from(groups, ({ completions }) => completions.length),
    completions: raggedFromRows(groups.flatMap(({ completions }) => completions.map(({ ids }) => ids))),
  };
}

/** What an update needs beside the tokens. */
export function updateBatch(
  groups: readonly TrainingGroup[],
  tokens: TokenBatch,
  needsAdvantages: boolean,
): UpdateBatch {
  const rows = groups.flatMap(({ completions }) => completions);
  const old = rows.flatMap(({ logProbs }) => logProbs ?? []);
  if (old.length > 0 && old.length < rows.length) {
    throw new UserError('Some completions have logProbs and some have not; give all of them theirs, or none.');
  }
  const refs = groups.flatMap(({ refLogProbs = [] }) => refLogProbs);
  checkRows('logProbs', rows, old);
  checkRows('refLogProbs', rows, refs);
  return {
    ...tokens,
    ...(needsAdvantages && { advantages: Float64Array.from(groups.flatMap(advantagesOf)) }),
    ...(needsAdvantages && old.length > 0 && { oldLogProbs: joined(old) }),
    ...(refs.length > 0 && { refLogProbs: joined(refs) }),
  };
}

function advantagesOf({ completions, advantages }: TrainingGroup, g: number): number[] {
  if (advantages?.length === completions.length) return Array.from(advantages);
  const given = advantages ? `${advantages.length} advantages` : 'no advantages';
  throw new UserError(`Group ${g} has ${given}; expected one for each of its ${completions.length} completions.`);
}

/** @throws UserError where there are rows, but not one value for each token of each completion */
function checkRows(name: string, completions: readonly GivenCompletion[], rows: readonly Float32Array[]): void {
  if (rows.length === 0) return;
  const wrong = completions.findIndex(({ ids }, i) => ids.length !== rows[i]?.length);
  if (wrong < 0 && rows.length === completions.length) return;
  throw new UserError(
    wrong < 0
      ? `${rows.length} rows of ${name} for ${completions.length} completions.`
      : `${name} of completion ${wrong} has ${rows[wrong]?.length ?? 'no'} values; expected one for each of its ` +
          `${completions[wrong]!.ids.length} tokens.`,
  );
}

function joined(rows: readonly Float32Array[]): Float32Array {
  return Float32Array.from(rows.flatMap((row) => [...row]));
}
