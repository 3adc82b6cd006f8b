import { type AnswerPair, verifyAnswers } from '../eval/index.js';
import type { RewardInput, RewardTerm } from './term.js';

/** 1 where the action's final answer equals the row's, else 0; an answer that cannot be decided is not a right one. */
export function answerReward(weight: number): RewardTerm {
  return {
    name: 'answer',
    weight,
    async score(inputs, signal) {
      const verdicts = await verifyAnswers(pairs(inputs, signal));
      return Float64Array.from(verdicts, ({ equal }) => (equal === true ? 1 : 0));
    },
  };
}

/** Taken one after the other: the signal is looked at between them. */
function* pairs(inputs: readonly RewardInput[], signal: AbortSignal | undefined): Generator<AnswerPair> {
  for (const { row, action } of inputs) {
    signal?.throwIfAborted();
    yield { gold: row.answer ?? '', pred: action };
  }
}
