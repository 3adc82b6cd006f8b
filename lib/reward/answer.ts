import type { RewardTerm } from './term.js';

type VerifyAnswer = (gold: string, pred: string) => Promise<{ equal: boolean | null }> | { equal: boolean | null };

/** 1 where the action's final answer equals the row's, else 0; an answer that cannot be decided is not a right one. */
export function answerReward(weight: number): RewardTerm {
  return {
    name: 'answer',
    weight,
    async score(inputs) {
      const module = '../eval/index.js';
      const { verifyAnswer } = (await import(module)) as { verifyAnswer: VerifyAnswer };
      const verdicts = await Promise.all(inputs.map(({ row, action }) => verifyAnswer(row.answer ?? '', action)));
      return Float64Array.from(verdicts, ({ equal }) => (equal === true ? 1 : 0));
    },
  };
}
