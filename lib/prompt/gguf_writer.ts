/** A tokenizer as GGUF metadata: the way back of gguf_tokenizer.ts. Keys as in the GGUF specification (ggml/docs/gguf.md). */
import type { TypedGgufValue } from '../../bindings/io.js';
import { UserError } from '../errors.js';
import { parseJsonObject } from '../model/json_file.js';
import { endTokens } from './end_tokens.js';
import { preTokenizerName } from './gguf_pre_tokenizer_name.js';
import { type Body, byteLevelBody, characterBody, sentencePieceBody, type TokenizerJson } from './gguf_vocabulary.js';
import type { Tokenizer } from './tokenizer.js';

export type GgufMetadataToWrite = Record<string, TypedGgufValue>;

/** What of a model its tokenizer's metadata need. */
export interface TokenizerSource {
  /** Named in errors. */
  name: string;
  tokenizer: Tokenizer;
  /** Every token that ends a sequence; the first is the usual one. */
  eosTokenIds: readonly number[];
  /** Rows of the embedding, which may be more than there are tokens. */
  vocabSize: number;
}

/**
 * @param note told what readers of the file will do differently.
 * @throws UserError for a tokenizer that GGUF has no words for.
 */
export function tokenizerMetadata(source: TokenizerSource, note: (message: string) => void): GgufMetadataToWrite {
  const { name, tokenizer, vocabSize } = source;
  const content = tokenizer.files.get('tokenizer.json')!.toString('utf8');
  const json = parseJsonObject(content, name) as unknown as TokenizerJson;
  if (json.model?.type !== 'BPE') {
    throw new UserError(
      `${name}: its tokenizer is of kind ${json.model?.type}; GGUF export knows byte-pair encoding only.`,
    );
  }
  const body = bodyOf(json, name, vocabSize, note);
  return {
    ...body.metadata,
    'tokenizer.ggml.tokens': list('String', body.tokens),
    'tokenizer.ggml.token_type': list('I32', body.types),
    ...specialIds(source, note),
    ...addedTokens(source),
    ...(tokenizer.chatTemplate !== null && {
      'tokenizer.chat_template': { type: 'String' as const, value: tokenizer.chatTemplate },
    }),
  };
}

function bodyOf(json: TokenizerJson, name: string, vocabSize: number, note: (message: string) => void): Body {
  if (json.model.byte_fallback) return sentencePieceBody(json, name, vocabSize, note);
  const pre = preTokenizerName(json);
  if (pre === 'characters') return characterBody(json, name, vocabSize);
  if (pre !== null) return byteLevelBody(json, pre, vocabSize);
  throw new UserError(
    `${name}: GGUF has no name for the way in which its tokenizer cuts text into words (pre_tokenizer ` +
      `${JSON.stringify(json.pre_tokenizer)}).`,
  );
}

export function list(elementType: 'String' | 'I32' | 'F32', value: (string | number)[]): TypedGgufValue {
  return { type: 'Array', elementType, value };
}

const id = (value: number): TypedGgufValue => ({ type: 'U32', value });

function specialIds(
  { tokenizer, eosTokenIds, name }: TokenizerSource,
  note: (message: string) => void,
): GgufMetadataToWrite {
  const { bosTokenId, eosTokenId, padTokenId, unkTokenId } = tokenizer;
  const [eos, eot, eom, ...more] = endTokens(eosTokenIds, eosTokenId);
  if (more.length > 0) note(`${name} ends with any of ${more.length + 3} tokens; the file can name three of them`);
  const ids = { bos: bosTokenId, eos, eot, eom, unknown: unkTokenId, padding: padTokenId };
  return Object.fromEntries(
    Object.entries(ids).flatMap(([word, value]) =>
      value == null ? [] : [[`tokenizer.ggml.${word}_token_id`, id(value)]],
    ),
  );
}

/** Whether the tokenizer puts a token before and after a text, seen from what it does to one. */
function addedTokens({ name, tokenizer, eosTokenIds }: TokenizerSource): GgufMetadataToWrite {
  const bare = tokenizer.encode('a');
  const full = tokenizer.encode('a', { addSpecialTokens: true });
  const at = bare.length === 0 ? 0 : full.findIndex((_, i) => bare.every((token, k) => full[i + k] === token));
  const [before, after] = [full.slice(0, at), full.slice(at + bare.length)];
  const known = (tokens: number[], expected: readonly (number | null)[]) =>
    tokens.length === 0 || (tokens.length === 1 && expected.includes(tokens[0]!));
  if (at < 0 || !known(before, [tokenizer.bosTokenId]) || !known(after, [tokenizer.eosTokenId, ...eosTokenIds])) {
    throw new UserError(
      `${name}: its tokenizer puts tokens ${before.join(', ')} before and ${after.join(', ')} after a text; GGUF can say ` +
        'only whether the beginning- and the end-of-sequence token are put there.',
    );
  }
  const flag = (value: boolean): TypedGgufValue => ({ type: 'Bool', value });
  return {
    'tokenizer.ggml.add_bos_token': flag(before.length > 0),
    'tokenizer.ggml.add_eos_token': flag(after.length > 0),
  };
}
