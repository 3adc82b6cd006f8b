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
const EngineClass = tokenizers.Tokenizer as unknown as new (
  tokenizerJson: object,
  tokenizerConfig: object,
) => TokenizerEngine & { decoder: Decoder | null };

/** @throws Error when the files describe something that the engine does not know. */
export function makeTokenizerEngine(tokenizerJson: object, tokenizerConfig: object): TokenizerEngine {
  const engine = new EngineClass(withAllDigits(tokenizerJson), tokenizerConfig);
  decodeBytesExactly(engine.decoder);
  return engine;
}

/**
 * The engine's pre-tokenizer `Digits` knows those of ASCII; the original splits at whatever is numeric in Unicode, such as
 * ½ and ٣.
 */
function withAllDigits<T>(part: T): T {
  if (typeof part !== 'object' || part === null) return part;
  if ('pre_tokenizer' in part) return { ...part, pre_tokenizer: withAllDigits(part.pre_tokenizer) };
  if ('pretokenizers' in part && Array.isArray(part.pretokenizers)) {
    return { ...part, pretokenizers: part.pretokenizers.map(withAllDigits) };
  }
  if (!('type' in part) || part.type !== 'Digits') return part;
  const Regex = 'individual_digits' in part && part.individual_digits ? '\\p{N}' : '\\p{N}+';
  return { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false } as T;
}

interface Decoder {
  decoders?: Decoder[];
  text_decoder?: { decode(bytes: Uint8Array): string };
}
const { ByteFallbackDecoder } = tokenizers as unknown as { ByteFallbackDecoder: new () => Decoder };

/**
 * The engine's byte-fallback decoder drops a byte order mark and joins broken bytes into one U+FFFD; the original
 * (Rust `tokenizers`) keeps the mark and writes one U+FFFD a byte.
 */
function decodeBytesExactly(decoder: Decoder | null): void {
  for (const part of decoder?.decoders ?? []) decodeBytesExactly(part);
  if (!(decoder instanceof ByteFallbackDecoder)) return;
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  decoder.text_decoder = {
    decode(bytes) {
      try {
        return utf8.decode(bytes);
      } catch {
        return '\uFFFD'.repeat(bytes.length);
      }
    },
  };
}

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
