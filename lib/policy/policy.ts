/** A model to sample from, to ask for log-probabilities, and to train: the engine without the trainer around it. */

import { raggedFromRows } from '../../bindings/ragged.js';
import {
  type CallOptions,
  computeAdvantages,
  type DType,
  type ModelConfig,
  Policy as NativePolicy,
  type ScaleRewards,
  type UpdateMetrics,
} from '../../bindings/torch.js';
import { UserError } from '../errors.js';
import { saveModelFolder } from '../model/save.js';
import { loadModelSource, type ModelSource } from '../model/source.js';
import type { Tokenizer } from '../prompt/tokenizer.js';
import { completionGroups } from '../train/rollout.js';
import { checkGroups, checkList, checkOptions } from './check.js';
import { type Completion, type Prompt, promptIds } from './completion.js';
import {
  type Group,
  nativeOptions,
  type PolicyUpdateOptions,
  samplingTemperature,
  type TrainingGroup,
  tokenBatch,
  updateBatch,
} from './update.js';

export interface PolicyLoadOptions {
  /** `cpu`, `cuda`, `cuda:1`, …; `auto` (default) takes CUDA where there is one. */
  device?: string;
  /** Default `float32`. `bfloat16` keeps float32 master weights beside. */
  dtype?: DType;
  /** Bytes of a download from the hub. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

export interface GenerateOptions extends CallOptions {
  /** Most tokens of a completion, the end-of-sequence token included. */
  maxTokens: number;
  /** Completions of each prompt. Default 1. */
  numGenerations?: number;
  /** 0 takes the likeliest token each time. Default 1. */
  temperature?: number;
  /** Draw from the `topK` likeliest tokens; 0 (default) from all. */
  topK?: number;
  /** Draw from the likeliest tokens that together have this probability. Default 1: from all. */
  topP?: number;
  /** Draw from tokens at least this share as likely as the likeliest. Default 0: from all. */
  minP?: number;
  /** The same seed gives the same completions. Default 0. */
  seed?: number;
}

/**
 * A language model with its tokenizer and optimizer.
 *
 *     const policy = await Policy.load('HuggingFaceTB/SmolLM2-135M-Instruct');
 *     const [[answer]] = await policy.generate(['2 + 2 ='], { maxTokens: 8, temperature: 0 });
 *     console.log(answer.text);
 *     policy.dispose();
 *
 * Calls run in the order in which they were made, on a thread of the policy's own. Every long call takes an `AbortSignal`
 * and reports progress in completion tokens; an aborted call leaves the weights as they were.
 */
export class Policy implements Disposable {
  private constructor(
    private readonly native: NativePolicy,
    private readonly source: ModelSource,
    private readonly dtype: DType,
  ) {}

  /**
   * @param model Hugging Face folder or id, or a GGUF file. See `docs/models.md`.
   * @throws UserError that says what is missing or not supported.
   */
  static async load(model: string, options: PolicyLoadOptions = {}): Promise<Policy> {
    const { device = 'auto', dtype = 'float32', onProgress } = options;
    const source = await loadModelSource(model, {
      onProgress: ({ received, total }) => onProgress?.({ done: received, total }),
    });
    const { config, format, files } = source;
    return new Policy(await NativePolicy.load({ config, format, files, device, dtype }), source, dtype);
  }

  /** Shape of the transformer. */
  get config(): ModelConfig {
    return this.source.config;
  }

  get tokenizer(): Tokenizer {
    return this.source.tokenizer;
  }

  /** Every token that ends a sequence. */
  get eosTokenIds(): readonly number[] {
    return this.source.eosTokenIds;
  }

  /** Number of trainable weights, tied ones once. */
  get parameterCount(): number {
    return this.native.parameterCount;
  }

  /** Where the weights are: `cpu` or `cuda:<n>`. */
  get device(): string {
    return this.native.device;
  }

  /**
   * Sample completions.
   *
   * @returns a list for each prompt, in the order of the prompts, of `numGenerations` completions.
   * @throws UserError for an empty prompt, one that leaves no room within the model's `maxPositions`, or a wrong option.
   */
  async generate(prompts: readonly Prompt[], options: GenerateOptions): Promise<Completion[][]> {
    checkList('prompts', prompts);
    checkOptions('generate', options);
    const { maxTokens, numGenerations = 1, temperature = 1, topK = 0, topP = 1, minP = 0, seed = 0 } = options;
    if (prompts.length === 0) return [];
    const ids = prompts.map((prompt) => this.idsOf(prompt));
    const longest = ids.reduce((most, { length }) => Math.max(most, length), 0);
    const { maxPositions } = this.config;
    if (longest + maxTokens > maxPositions) {
      throw new UserError(
        `A prompt of ${longest} tokens and maxTokens ${maxTokens} together are more than the model's ${maxPositions} positions.`,
      );
    }
    const rollouts = await this.native.generate(
      {
        ...{ prompts: raggedFromRows(ids), numGenerations, maxCompletionLength: maxTokens },
        ...{ temperature, topK, topP, minP, seed, eosTokenIds: [...this.eosTokenIds] },
      },
      options,
    );
    const sampling = { temperature, truncated: topK > 0 || topP < 1 || minP > 0 };
    return completionGroups(rollouts, numGenerations, this.tokenizer).map((group) =>
      group.map((completion) => ({ ...completion, sampling })),
    );
  }

  /**
   * Log-probability of every completion token under softmax(logits / temperature), in float32.
   *
   * @returns for each group a list with a row for each of its completions, one value a token.
   */
  async logProbs(
    groups: readonly Group[],
    { temperature = 1, ...call }: CallOptions & { temperature?: number } = {},
  ): Promise<Float32Array[][]> {
    checkGroups(groups, this.config.vocabSize);
    if (groups.length === 0) return [];
    const tokens = tokenBatch(groups, (prompt) => this.idsOf(prompt));
    const values = await this.native.logProbs(tokens, temperature, call);
    const { offsets } = tokens.completions;
    let row = 0;
    return groups.map(({ completions }) =>
      completions.map(() => {
        row++;
        return values.slice(offsets[row - 1]!, offsets[row]!);
      }),
    );
  }

  /**
   * One optimizer step on all groups. `logProbs` of the completions are taken as those of the policy that sampled them;
   * without them every ratio is 1. The loss of a step on fresh completions is about 0 by construction: watch `gradNorm`.
   *
   * @throws UserError for completions that were sampled greedily, truncated, or at different temperatures.
   */
  async update(groups: readonly TrainingGroup[], given: PolicyUpdateOptions & CallOptions): Promise<UpdateMetrics> {
    checkGroups(groups, this.config.vocabSize);
    checkOptions('update', given);
    const { signal, onProgress, ...options } = given;
    if (groups.length === 0) throw new UserError('An update needs at least one group.');
    const imitates = options.lossType === 'crossEntropy';
    const settings = nativeOptions(options, imitates ? 1 : samplingTemperature(groups, options));
    const tokens = tokenBatch(groups, (prompt) => this.idsOf(prompt));
    const call = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
    return this.native.update(updateBatch(groups, tokens, !imitates), settings, call);
  }

  /**
   * Save weights, configuration and tokenizer as a Hugging Face folder, from which Foothold and transformers load them.
   * It is whole or not there. @throws UserError when the folder holds anything but a saved model.
   */
  async save(folder: string): Promise<void> {
    await saveModelFolder(folder, this.source, this.dtype, (file) => this.native.saveWeights(file));
  }

  /** Free the weights, after the calls already made. Later calls are refused; disposing twice does nothing. */
  dispose(): void {
    this.native.dispose();
  }

  /** `using policy = await Policy.load(…)` disposes at the end of the block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  private idsOf(prompt: Prompt): ArrayLike<number> {
    return promptIds(prompt, this.tokenizer, this.config.vocabSize);
  }
}

/**
 * Advantages of completions within their groups: (reward − mean of the group) / standard deviation, by default the group's
 * own. A group whose rewards are equal gets zeros; a reward that is NaN gets 0 and does not count.
 *
 * @param rewards a list for each group.
 * @param scale `group` (default), `batch`: divide by the standard deviation of all rewards, `none`: do not divide.
 */
export function groupAdvantages(rewards: readonly ArrayLike<number>[], scale: ScaleRewards = 'group'): Float64Array[] {
  const sizes = Int32Array.from(rewards, ({ length }) => length);
  const { advantages } = computeAdvantages(Float64Array.from(rewards.flatMap((row) => Array.from(row))), sizes, scale);
  let begin = 0;
  return rewards.map(({ length }) => {
    begin += length;
    return advantages.slice(begin - length, begin);
  });
}
