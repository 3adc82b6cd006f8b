/** Dynamic sampling: a group teaches nothing when its rewards are alike. Groups are kept or dropped whole. */
import type { ScoredGroup } from './rollout.js';

/**
 * Why a group was dropped. `allRight`: every reward is the highest there is; `allWrong`: every reward is 0 or less;
 * `allMalformed`: no completion follows the format; `noReward`: no reward is a number; `alike`: the rest.
 */
export const dropReasons = ['allRight', 'allWrong', 'allMalformed', 'noReward', 'alike'] as const;
export type DropReason = (typeof dropReasons)[number];

/** Population mean and standard deviation; the latter is exactly 0 for equal values, both are NaN for none. */
export function spread(values: readonly number[]): { mean: number; std: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.every((value) => value === values[0])) return { mean, std: values.length > 0 ? 0 : Number.NaN };
  return { mean, std: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
}

/** Rewards of a group that are numbers. */
export function finiteRewards({ scores }: Pick<ScoredGroup, 'scores'>): number[] {
  return scores.map(({ reward }) => reward).filter(Number.isFinite);
}

/**
 * Null when the group is to be trained on, else why not.
 * @param epsilonStd a group is kept when the population standard deviation of its rewards exceeds this; 0 turns the
 *   filter off, so that groups without any spread are kept too.
 * @param highest reward of a perfect completion.
 */
export function reasonToDrop(
  group: Pick<ScoredGroup, 'scores'>,
  epsilonStd: number,
  highest: number,
): DropReason | null {
  const rewards = finiteRewards(group);
  if (rewards.length === 0) return 'noReward';
  if (epsilonStd === 0 || spread(rewards).std > epsilonStd) return null;
  if (group.scores.every(({ malformed }) => malformed !== null)) return 'allMalformed';
  if (rewards.every((reward) => reward >= highest)) return 'allRight';
  return rewards.every((reward) => reward <= 0) ? 'allWrong' : 'alike';
}
