import { verifyAnswers } from '../eval/index.js';
import type { RewardTerm } from './term.js';

/** 1 where the action's final answer equals the row's, else 0; an answer that cannot be decided is not a right one. */
export function answerReward(weight: number): RewardTerm {
  return {
    name: 'answer',
    weight,
    async score(inputs) {
      const verdicts = await verifyAnswers(inputs.map(({ row, action }) => ({ gold: row.answer ?? '', pred: action })));
      return Float64Array.from(verdicts, ({ equal }) => (equal === true ? 1 : 0));
    },
  };
}
