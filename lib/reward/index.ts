/** The rewards of a stage, made from its configuration, and the score of a batch of completions. */
import type { RlStage } from '../config/index.js';
import type { Instance } from '../data/instance.js';
import { answerReward } from './answer.js';
import { functionReward, moduleReward, type OnFailure } from './custom.js';
import { type MalformedReason, parseCompletion, parseLeniently } from './format.js';
import { similarityReward } from './similarity.js';
import type { RewardFunction, RewardInput, RewardTerm } from './term.js';

export { type MalformedReason, malformedReasons, parseCompletion, parseLeniently } from './format.js';
export type { RewardFunction, RewardInput, RewardTerm } from './term.js';

/** Reward of a completion that breaks the format rule. */
export const malformedReward = -1;

/** One completion to score. */
export interface Candidate {
  instance: Instance;
  prompt: string;
  /** Text of the completion, end-of-sequence token removed. */
  completion: string;
  /** The prompt ends inside an opened `<think>`. */
  prefilled: boolean;
  /** Not cut by the length limit. */
  finished: boolean;
}

export interface Score {
  /** Weighted sum of the terms; −1 when malformed; NaN when a term gave no value. */
  reward: number;
  malformed: MalformedReason | null;
  thought: string | null;
  action: string | null;
  /** Value of each term, in the order of `names`; empty when malformed. */
  parts: number[];
}

/** Scores completions by the rule and the rewards of one stage. */
export class Scorer {
  private constructor(
    private readonly formatRule: RlStage['formatRule'],
    private readonly terms: RewardTerm[],
  ) {}

  /**
   * @param functions rewards given in code, by the name the configuration uses.
   * @throws UserError for a reward that cannot be loaded.
   */
  static async create(
    stage: Pick<RlStage, 'formatRule' | 'rewards' | 'rewardTimeout' | 'autojunk' | 'argumentOrder'>,
    functions: Readonly<Record<string, RewardFunction>> = {},
    onFailure: OnFailure = () => {},
  ): Promise<Scorer> {
    const make = ({ reward, weight }: RlStage['rewards'][number]): RewardTerm | Promise<RewardTerm> => {
      const custom = { weight, timeout: stage.rewardTimeout, onFailure };
      if (Object.hasOwn(functions, reward)) return functionReward(reward, functions[reward]!, custom);
      if (reward === 'similarity') return similarityReward(weight, stage);
      if (reward === 'answer') return answerReward(weight);
      return moduleReward(reward, custom);
    };
    const made = await Promise.allSettled(stage.rewards.map(async (reward) => make(reward)));
    const terms = made.flatMap((term) => (term.status === 'fulfilled' ? [term.value] : []));
    const scorer = new Scorer(stage.formatRule, terms);
    const failed = made.find((term) => term.status === 'rejected');
    if (!failed) return scorer;
    await scorer.dispose(); // the others may have threads
    throw failed.reason;
  }

  get names(): string[] {
    return this.terms.map(({ name }) => name);
  }

  /** One score a completion. Rejects with the signal's reason when that is aborted. */
  async score(candidates: readonly Candidate[], signal?: AbortSignal): Promise<Score[]> {
    const parsed = candidates.map((candidate) => this.parse(candidate));
    const wellFormed = parsed.flatMap(({ malformed }, i) => (malformed ? [] : [i]));
    const inputs = wellFormed.map((i): RewardInput => {
      const { instance, prompt, completion } = candidates[i]!;
      const { thought, action } = parsed[i]!;
      return { prompt, completion, thought: thought!, action: action!, expert: instance.target, row: instance };
    });
    const values = await Promise.all(this.terms.map((term) => term.score(inputs, signal)));
    const rank = new Map(wellFormed.map((i, row) => [i, row]));
    return parsed.map((parts, i): Score => {
      const row = rank.get(i);
      if (row === undefined) return { ...parts, reward: malformedReward, parts: [] };
      const each = values.map((value) => value[row]!);
      return { ...parts, parts: each, reward: each.reduce((sum, value, k) => sum + this.terms[k]!.weight * value, 0) };
    });
  }

  async dispose(): Promise<void> {
    await Promise.all(this.terms.map((term) => term.dispose?.()));
  }

  private parse(candidate: Candidate) {
    if (this.formatRule === 'strict') return parseCompletion(candidate.completion, candidate);
    return { malformed: null, ...parseLeniently(candidate.completion, candidate) };
  }
}
