/**
 * The parts of `@huggingface/tokenizers` and `@huggingface/jinja` that are used here, typed: both packages' own
 * declarations import without file extensions, which NodeNext resolution cannot follow, so all their types are lost.
 */
import * as jinja from '@huggingface/jinja';
import * as tokenizers from '@huggingface/tokenizers';

export interface TokenizerEngine {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: number[], options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  /** Tokens by id. */
  model: { vocab: (string | undefined)[] };
}
export const TokenizerEngine = tokenizers.Tokenizer as unknown as new (
  tokenizerJson: object,
  tokenizerConfig: object,
) => TokenizerEngine;

export interface JinjaEnvironment {
  /** Declare a global; plain values, functions and nested objects are converted. */
  set(name: string, value: unknown): void;
}
export const JinjaEnvironment = jinja.Environment as unknown as new () => JinjaEnvironment;

/** A node of a parsed template. */
export interface JinjaNode {
  type: string;
}
export interface JinjaInterpreter {
  run(program: JinjaNode): { value: unknown };
  evaluate(node: JinjaNode | undefined, environment: JinjaEnvironment): unknown;
}
export const JinjaInterpreter = jinja.Interpreter as unknown as new (environment: JinjaEnvironment) => JinjaInterpreter;

export const parseJinja = (source: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }): JinjaNode =>
  (jinja.parse as (tokens: unknown) => JinjaNode)((jinja.tokenize as (...call: unknown[]) => unknown)(source, options));
