/** Completions: what a policy is asked to go on with, and what it says. */
import { UserError } from '../errors.js';
import type { ChatMessage, Tokenizer } from '../prompt/tokenizer.js';
import { isArrayLike, shown } from './check.js';

/** What a policy goes on with: a text as it is, the messages of a chat, or token ids. */
export type Prompt = string | readonly ChatMessage[] | ArrayLike<number>;

/** One sampled answer. Its ids are those that were sampled; the text is for reading and scoring. */
export interface Completion {
  /** Sampled token ids, the end-of-sequence token included. */
  readonly ids: Int32Array;
  /** Text of the ids, without the end-of-sequence token. */
  readonly text: string;
  /** Log-probability of each id under the distribution that it was drawn from; greedy ones under softmax(logits). */
  readonly logProbs: Float32Array;
  /** Ended by an end-of-sequence token; false where the length limit cut it. */
  readonly finished: boolean;
  /** The distribution it was drawn from: temperature 0 is greedy, `truncated` that topK, topP or minP cut it. */
  readonly sampling: { readonly temperature: number; readonly truncated: boolean };
}

/**
 * Token ids of a prompt. A text may hold special tokens, written out; the tokenizer's own beginning (such as `<s>`) is put
 * before it. A chat is rendered by the model's template, with the assistant's turn opened.
 *
 * @throws UserError for what is no prompt, one without tokens, ids that are none, or a chat where the model has no template.
 */
export function promptIds(prompt: Prompt, tokenizer: Tokenizer, vocabSize: number): ArrayLike<number> {
  if (typeof prompt !== 'string' && !isArrayLike(prompt)) {
    throw new UserError(`A prompt is a text, the messages of a chat, or token ids; got ${shown(prompt)}.`);
  }
  const ids =
    typeof prompt === 'string'
      ? tokenizer.encode(prompt, { addSpecialTokens: true })
      : isChat(prompt)
        ? tokenizer.encode(tokenizer.applyChatTemplate(prompt, { addGenerationPrompt: true }))
        : prompt;
  if (ids.length === 0) throw new UserError('A prompt has no tokens; a policy can only go on with some.');
  checkIds('A prompt', ids, vocabSize);
  return ids;
}

/** @throws UserError for ids that are none */
export function checkIds(whose: string, ids: ArrayLike<number>, vocabSize: number): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (Number.isInteger(id) && id >= 0 && id < vocabSize) continue;
    throw new UserError(
      `${whose}'s token id at place ${i} is ${id}; expected a whole number from 0 to ${vocabSize - 1}.`,
    );
  }
}

function isChat(prompt: Exclude<Prompt, string>): prompt is readonly ChatMessage[] {
  return prompt.length > 0 && typeof prompt[0] === 'object';
}
