/** The vocabulary of `tokenizer.json` as GGUF metadata: tokens in the order of their ids, with their types. */
import type { TypedGgufValue } from '../../bindings/io.js';
import { UserError } from '../errors.js';
import { TOKEN_TYPE } from './gguf_tokenizer.js';
import { sentencePieceMerges } from './sentencepiece_merges.js';

/** The parts of `tokenizer.json` that are read here; the tokenizer's engine has checked the file. */
export interface TokenizerJson {
  normalizer: NormalizerJson | null;
  pre_tokenizer: PreTokenizerJson | null;
  added_tokens?: { id: number; content: string; special: boolean }[];
  model: {
    type: string;
    vocab: Record<string, number>;
    merges: (string | [string, string])[];
    byte_fallback?: boolean;
    ignore_merges?: boolean;
    unk_token?: string | null;
  };
}
interface NormalizerJson {
  type: string;
  normalizers?: NormalizerJson[];
}
export type PreTokenizerJson =
  | { type: 'Sequence'; pretokenizers: PreTokenizerJson[] }
  | { type: 'ByteLevel'; add_prefix_space?: boolean; use_regex?: boolean }
  | { type: 'Digits'; individual_digits?: boolean }
  | { type: 'Split'; pattern: { Regex: string } | { String: string }; behavior: string; invert?: boolean }
  | { type: 'Metaspace'; prepend_scheme?: string };

export interface Body {
  tokens: string[];
  types: number[];
  metadata: Record<string, TypedGgufValue>;
}

/** GPT-2's kind: bytes as visible characters. @param pre GGUF's name for how it cuts text */
export function byteLevelBody(json: TokenizerJson, pre: string, vocabSize: number): Body {
  const merges = json.model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')));
  return { ...vocabulary(json, vocabSize), metadata: byteLevelMetadata(pre, merges) };
}

/**
 * A token for each character and no merges (as of the quickstart's model) is byte-level too when every character is one
 * byte; then only its way to write the byte differs.
 */
export function characterBody(json: TokenizerJson, name: string, vocabSize: number): Body {
  const { tokens, types } = vocabulary(json, vocabSize);
  const written = tokens.map((token, id) => {
    if (types[id] !== TOKEN_TYPE.normal) return token;
    if (/^[\0-\x7f]$/.test(token)) return visibleByte(token.charCodeAt(0));
    throw new UserError(
      `${name}: its tokenizer has a token for each character, ${JSON.stringify(token)} among them; GGUF can hold such a ` +
        'tokenizer of ASCII characters only.',
    );
  });
  return { tokens: written, types, metadata: byteLevelMetadata('gpt-2', []) };
}

/** How GPT-2's kind writes a byte below 128: as itself, or as the character 256 places on where that cannot be seen. */
function visibleByte(byte: number): string {
  if (byte > 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return String.fromCharCode(byte === 0x7f ? 0x121 : 0x100 + byte);
}

function byteLevelMetadata(pre: string, merges: string[]): Body['metadata'] {
  return {
    'tokenizer.ggml.model': { type: 'String', value: 'gpt2' },
    'tokenizer.ggml.pre': { type: 'String', value: pre },
    'tokenizer.ggml.merges': { type: 'Array', elementType: 'String', value: merges },
  };
}

/** SentencePiece's kind: a score for each token in place of the merges. */
export function sentencePieceBody(
  json: TokenizerJson,
  name: string,
  vocabSize: number,
  note: (message: string) => void,
): Body {
  const { tokens, types } = vocabulary(json, vocabSize);
  const unknown = json.model.unk_token == null ? -1 : tokens.indexOf(json.model.unk_token);
  if (unknown >= 0) types[unknown] = TOKEN_TYPE.unknown;
  tokens.forEach((token, id) => {
    if (types[id] === TOKEN_TYPE.normal && /^<0x[0-9A-F]{2}>$/.test(token)) types[id] = TOKEN_TYPE.byte;
  });
  return {
    tokens,
    types,
    metadata: {
      'tokenizer.ggml.model': { type: 'String', value: 'llama' },
      'tokenizer.ggml.pre': { type: 'String', value: 'default' },
      'tokenizer.ggml.scores': { type: 'Array', elementType: 'F32', value: scores(json, tokens, types, name) },
      'tokenizer.ggml.add_space_prefix': { type: 'Bool', value: addsSpace(json, name, note) },
    },
  };
}

/** A token's score is minus the rank of the first merge that makes it: the order in which SentencePiece joins. */
function scores({ model }: TokenizerJson, tokens: string[], types: number[], name: string): number[] {
  const pairs = model.merges.map((merge) => (typeof merge === 'string' ? splitPair(merge) : merge));
  const ranks = new Map<string, number>();
  for (const [left, right] of pairs) if (!ranks.has(left + right)) ranks.set(left + right, ranks.size);
  const values = tokens.map((token) => -(ranks.get(token) ?? tokens.length));
  const normal = tokens.flatMap((token, id) =>
    types[id] === TOKEN_TYPE.normal ? [{ token, id, score: values[id]! }] : [],
  );
  const given = new Set(pairs.map((pair) => pair.join(' ')));
  const strange = sentencePieceMerges(normal).filter((pair) => !given.delete(pair.join(' ')));
  if (strange.length > 0 || given.size > 0) {
    const [example] = [...strange.map((pair) => pair.join(' ')), ...given];
    throw new UserError(
      `${name}: the merges of its tokenizer do not follow from the order of its tokens (for example ${JSON.stringify(example)}), ` +
        'which GGUF expects of a tokenizer of this kind.',
    );
  }
  return values;
}

function splitPair(merge: string): [string, string] {
  const space = merge.indexOf(' ', 1);
  return [merge.slice(0, space), merge.slice(space + 1)];
}

/** Whether a text gets a space before it. */
function addsSpace(
  { normalizer, pre_tokenizer }: TokenizerJson,
  name: string,
  note: (message: string) => void,
): boolean {
  const normalizers = normalizer?.normalizers ?? (normalizer ? [normalizer] : []);
  if (normalizers.some(({ type }) => type === 'Prepend')) return true;
  if (pre_tokenizer === null) return false;
  if (pre_tokenizer.type !== 'Metaspace') {
    throw new UserError(
      `${name}: GGUF has no word for a tokenizer of this kind with pre_tokenizer ${pre_tokenizer.type}.`,
    );
  }
  const scheme = pre_tokenizer.prepend_scheme ?? 'always';
  if (scheme === 'first') note(`${name} puts a space before the first word only; llama.cpp also after special tokens`);
  return scheme !== 'never';
}

/** Tokens by id. An id without token (the embedding may have more rows) gets a name and the type "unused". */
function vocabulary(
  { model, added_tokens = [] }: TokenizerJson,
  vocabSize: number,
): { tokens: string[]; types: number[] } {
  const tokens = Array.from({ length: vocabSize }, (_, id) => `[PAD${id}]`);
  const types: number[] = new Array(vocabSize).fill(TOKEN_TYPE.unused);
  for (const [token, id] of Object.entries(model.vocab)) {
    tokens[id] = token;
    types[id] = TOKEN_TYPE.normal;
  }
  for (const { id, content, special } of added_tokens) {
    tokens[id] = content;
    types[id] = special ? TOKEN_TYPE.control : TOKEN_TYPE.userDefined;
  }
  return { tokens, types };
}
