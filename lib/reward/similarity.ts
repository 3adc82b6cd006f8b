import { ratiosAsync } from '../../bindings/text.js';
import type { RewardTerm } from './term.js';

export interface SimilarityOptions {
  /** Python's heuristic that ignores frequent characters of texts of 200 and more. */
  autojunk: boolean;
  argumentOrder: 'actionExpert' | 'expertAction';
}

/** `2 M / T` of `difflib.SequenceMatcher` between action and expert step, from 0 to 1 (arXiv 2510.25992, section 3). */
export function similarityReward(weight: number, { autojunk, argumentOrder }: SimilarityOptions): RewardTerm {
  return {
    name: 'similarity',
    weight,
    score(inputs, signal) {
      const actions = inputs.map(({ action }) => action);
      const experts = inputs.map(({ expert }) => expert);
      return argumentOrder === 'actionExpert'
        ? ratiosAsync(actions, experts, { autojunk }, signal)
        : ratiosAsync(experts, actions, { autojunk }, signal);
    },
  };
}
