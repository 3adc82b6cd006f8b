/**
 * The tokenizer inside a GGUF file, rebuilt as the `tokenizer.json` and `tokenizer_config.json` that the model's makers
 * would ship, so that one engine serves all models and a trained one is saved as a Hugging Face folder.
 */
import type { GgufHeader } from '../../bindings/torch.js';
import { UserError } from '../errors.js';
import { GgufMetadata } from '../model/gguf_metadata.js';
import { PRE_TOKENIZERS, type PreTokenizer, preTokenizerJson } from './gguf_pre_tokenizers.js';
import { sentencePieceMerges } from './sentencepiece_merges.js';
import { type Tokenizer, tokenizerFromFiles } from './tokenizer.js';

/** `tokenizer.ggml.token_type` (llama.cpp's `llama_token_type`). */
export const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 };

/**
 * @param file path named in errors.
 * @throws UserError for a kind of tokenizer that is not supported, by its name.
 */
export function tokenizerFromGguf(header: Pick<GgufHeader, 'metadata'>, file: string): Tokenizer {
  const metadata = new GgufMetadata(header, file);
  const vocabulary = readVocabulary(metadata);
  const kind = metadata.string('tokenizer.ggml.model');
  const parts =
    kind === 'gpt2' ? byteLevel(metadata, vocabulary) : kind === 'llama' ? sentencePiece(metadata, vocabulary) : null;
  if (!parts) {
    throw new UserError(
      `${file}: tokenizer.ggml.model ${JSON.stringify(kind)} is not supported. Supported: gpt2, llama.`,
    );
  }
  const special = specialTokens(metadata, vocabulary.tokens);
  const { addBos, ...body } = parts;
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: vocabulary.added,
    ...body,
    post_processor: postProcessor(metadata, addBos, special),
  };
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    ...Object.fromEntries([...special].map(([name, { content }]) => [`${name}_token`, content])),
    ...(metadata.optionalString('tokenizer.chat_template') !== null && {
      chat_template: metadata.string('tokenizer.chat_template'),
    }),
  };
  const content = (value: object) => Buffer.from(JSON.stringify(value));
  const files = new Map([
    ['tokenizer.json', content(tokenizer)],
    ['tokenizer_config.json', content(config)],
  ]);
  return tokenizerFromFiles(files, file);
}

interface Token {
  id: number;
  content: string;
}

interface Vocabulary {
  tokens: string[];
  types: number[];
  /** Ids by token, without unused ones (rows that only pad the embedding). */
  vocab: Record<string, number>;
  /** Tokens found in the text before it is cut: control tokens, and words that the makers added. */
  added: object[];
}

/** Everything of `tokenizer.json` that depends on the kind of tokenizer. */
interface Parts {
  normalizer: object | null;
  pre_tokenizer: object | null;
  decoder: object;
  model: object;
  addBos: boolean;
}

function readVocabulary(metadata: GgufMetadata): Vocabulary {
  const tokens = metadata.strings('tokenizer.ggml.tokens');
  const types = metadata.optionalNumbers('tokenizer.ggml.token_type') ?? tokens.map(() => TOKEN_TYPE.normal);
  if (types.length !== tokens.length) {
    throw new UserError(
      `${metadata.file}: tokenizer.ggml.token_type has ${types.length} entries, but there are ${tokens.length} tokens.`,
    );
  }
  // A null prototype: a token may be called __proto__.
  const vocab: Record<string, number> = Object.create(null);
  const added: object[] = [];
  tokens.forEach((content, id) => {
    const type = types[id]!;
    if (type !== TOKEN_TYPE.unused) vocab[content] = id;
    if (type === TOKEN_TYPE.control || type === TOKEN_TYPE.userDefined) {
      const special = type === TOKEN_TYPE.control;
      added.push({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special });
    }
  });
  return { tokens, types, vocab, added };
}

/** GPT-2's kind: byte-pair merges over bytes written as visible characters. */
function byteLevel(metadata: GgufMetadata, { vocab }: Vocabulary): Parts {
  const pre = preTokenizer(metadata);
  return {
    normalizer: pre.normalizer,
    pre_tokenizer: preTokenizerJson(pre),
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      ...bpe(
        vocab,
        metadata.strings('tokenizer.ggml.merges').map((merge) => splitMerge(merge, metadata.file)),
      ),
      ignore_merges: pre.ignoreMerges,
    },
    addBos: pre.addBos,
  };
}

function preTokenizer(metadata: GgufMetadata): PreTokenizer {
  const name = metadata.optionalString('tokenizer.ggml.pre') ?? 'default';
  const pre = PRE_TOKENIZERS.get(name);
  if (pre) return pre;
  const supported = [...PRE_TOKENIZERS.keys()].join(', ');
  throw new UserError(
    `${metadata.file}: tokenizer.ggml.pre ${JSON.stringify(name)} is not supported. Supported: ${supported}. ` +
      "Use the model's safetensors folder.",
  );
}

/** `left right`; the separating space is the first one that is not the first character. */
function splitMerge(merge: string, file: string): [string, string] {
  const space = merge.indexOf(' ', 1);
  if (space < 0)
    throw new UserError(`${file}: tokenizer.ggml.merges has ${JSON.stringify(merge)}, which is not two tokens.`);
  return [merge.slice(0, space), merge.slice(space + 1)];
}

/** SentencePiece's BPE (Llama 2, Mistral): merges follow from the tokens' scores, unknown characters become bytes. */
function sentencePiece(metadata: GgufMetadata, { tokens, types, vocab }: Vocabulary): Parts {
  const scores = metadata.optionalNumbers('tokenizer.ggml.scores') ?? [];
  if (scores.length !== tokens.length) {
    throw new UserError(
      `${metadata.file}: tokenizer.ggml.scores has ${scores.length} entries, but there are ${tokens.length} tokens.`,
    );
  }
  const normal = tokens.flatMap((token, id) =>
    types[id] === TOKEN_TYPE.normal ? [{ token, id, score: scores[id]! }] : [],
  );
  const unknown = tokens[types.indexOf(TOKEN_TYPE.unknown)] ?? null;
  const prefix = metadata.optionalBoolean('tokenizer.ggml.add_space_prefix') ?? true;
  const space = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  const decoders = [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ];
  const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
  return {
    normalizer: { type: 'Sequence', normalizers: prefix ? [{ type: 'Prepend', prepend: '▁' }, space] : [space] },
    pre_tokenizer: null,
    decoder: { type: 'Sequence', decoders: prefix ? [...decoders, strip] : decoders },
    model: { ...bpe(vocab, sentencePieceMerges(normal)), unk_token: unknown, fuse_unk: true, byte_fallback: true },
    addBos: true,
  };
}

function bpe(vocab: Record<string, number>, merges: [string, string][]): object {
  return {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab,
    merges,
  };
}

const SPECIAL_KEYS = { bos: 'bos', eos: 'eos', unk: 'unknown', pad: 'padding' };

function specialTokens(metadata: GgufMetadata, tokens: string[]): Map<string, Token> {
  const special = new Map<string, Token>();
  for (const [name, word] of Object.entries(SPECIAL_KEYS)) {
    const key = `tokenizer.ggml.${word}_token_id`;
    const id = metadata.optionalNumber(key);
    if (id === null) continue;
    const content = tokens[id];
    if (content === undefined) throw new UserError(`${metadata.file}: ${key} ${id} is not the id of a token.`);
    special.set(name, { id, content });
  }
  return special;
}

/** What `addSpecialTokens` adds around a text. */
function postProcessor(metadata: GgufMetadata, addBosDefault: boolean, special: Map<string, Token>): object | null {
  const around = {
    bos: (metadata.optionalBoolean('tokenizer.ggml.add_bos_token') ?? addBosDefault) && special.get('bos'),
    eos: (metadata.optionalBoolean('tokenizer.ggml.add_eos_token') ?? false) && special.get('eos'),
  };
  const used = [around.bos, around.eos].filter((token) => token !== false && token !== undefined) as Token[];
  if (used.length === 0) return null;
  const item = (token: Token | false | undefined, type_id: number) =>
    token ? [{ SpecialToken: { id: token.content, type_id } }] : [];
  const sequence = (id: string, type_id: number) => [
    ...item(around.bos, type_id),
    { Sequence: { id, type_id } },
    ...item(around.eos, type_id),
  ];
  return {
    type: 'TemplateProcessing',
    single: sequence('A', 0),
    pair: [...sequence('A', 0), ...sequence('B', 1)],
    special_tokens: Object.fromEntries(
      used.map(({ id, content }) => [content, { id: content, ids: [id], tokens: [content] }]),
    ),
  };
}
