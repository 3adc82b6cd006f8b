import type { Instance } from '../data/instance.js';

/** What a reward is given for one completion. */
export interface RewardInput {
  /** The prompt as the model saw it, chat template applied. */
  prompt: string;
  /** The whole completion, end-of-sequence token removed. */
  completion: string;
  /** What follows the thought: the part to judge. */
  action: string;
  thought: string;
  /** The expert's step (or whole solution). */
  expert: string;
  /** The instance with all its fields, as read from the data file. */
  row: Instance;
}

/**
 * A reward in TypeScript or JavaScript. A throw, a value that is not a finite number, or the time limit count as NaN.
 * Calls come as completions end, while others are still being sampled, so in no order to rely on.
 */
export type RewardFunction = (input: RewardInput) => number | Promise<number>;

/** One summand of the reward. */
export interface RewardTerm {
  name: string;
  weight: number;
  /**
   * One value a completion; NaN where there is none, which takes the completion out of training. May be called again
   * before it is done. When the signal is aborted it rejects with the signal's reason, soon, and starts nothing more.
   */
  score(inputs: readonly RewardInput[], signal?: AbortSignal): Promise<Float64Array>;
  dispose?(): Promise<void>;
}

/** What was thrown, in words: a reward may throw anything. */
export const words = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
