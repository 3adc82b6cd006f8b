/**
 * How text is cut before byte-pair merges, by the name that GGUF files give it (`tokenizer.ggml.pre`), as a `pre_tokenizer`
 * of `tokenizer.json`. The expressions are those of the models' own tokenizer files; `default` is llama.cpp's.
 */

const CONTRACTIONS = "'s|'t|'re|'ve|'m|'ll|'d";
const GPT2 = String.raw`${CONTRACTIONS}| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** The cl100k pattern, which Llama 3 and Qwen2 share but for the length of a run of digits. */
const cl100k = (digits: string) =>
  String.raw`(?i:${CONTRACTIONS})|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

/** Mistral's: as above, but words end where the case goes from lower to upper. */
const TEKKEN =
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|` +
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|` +
  String.raw`\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

export interface PreTokenizer {
  /** Applied one after the other, each to the pieces of the one before. */
  splits: string[];
  normalizer: { type: string } | null;
  /** A piece that is a token as a whole is taken so, whatever the merges say. */
  ignoreMerges: boolean;
  /** Whether a beginning-of-sequence token is added when the file does not say. */
  addBos: boolean;
}

const plain = (...splits: string[]): PreTokenizer => ({ splits, normalizer: null, ignoreMerges: false, addBos: false });
const llama3: PreTokenizer = { ...plain(cl100k(String.raw`\p{N}{1,3}`)), ignoreMerges: true, addBos: true };
const qwen2: PreTokenizer = { ...plain(cl100k(String.raw`\p{N}`)), normalizer: { type: 'NFC' } };

export const PRE_TOKENIZERS: ReadonlyMap<string, PreTokenizer> = new Map([
  ['default', plain(String.raw`[\p{P}\$\+<=>\^~\|]+`, GPT2, String.raw`\p{N}+`, '[0-9][0-9][0-9]')],
  ['gpt-2', plain(GPT2)],
  ['smollm', plain(String.raw`\p{N}`, GPT2)],
  ['llama-bpe', llama3],
  ['llama3', llama3],
  ['llama-v3', llama3],
  ['qwen2', qwen2],
  ['deepseek-r1-qwen', qwen2],
  ['tekken', { ...plain(TEKKEN), ignoreMerges: true, addBos: true }],
]);

/** The `pre_tokenizer` entry: the splits, then bytes as visible characters. */
export function preTokenizerJson({ splits }: PreTokenizer): object {
  return {
    type: 'Sequence',
    pretokenizers: [
      ...splits.map((Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false })),
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    ],
  };
}
