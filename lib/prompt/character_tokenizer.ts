import { UserError } from '../errors.js';
import { type Tokenizer, tokenizerFromFiles } from './tokenizer.js';

const UNKNOWN = '<unk>';

/**
 * A tokenizer with one token for each character of an alphabet: small enough for tests and for the quickstart's model,
 * yet an ordinary `tokenizer.json` (BPE without merges) that transformers loads too.
 *
 * Ids: the specials in their order, `<unk>` for any other character, then the alphabet's code points in their order.
 *
 * @param specials tokens of several characters. The first one ends a sequence and pads; the others are ordinary tokens
 *   that `skipSpecialTokens` keeps, such as `<think>`.
 */
export function characterTokenizer(alphabet: string, specials: readonly string[]): Tokenizer {
  const [end, ...markers] = specials;
  if (!end)
    throw new UserError('A character tokenizer needs at least one special token: the one that ends a sequence.');
  const characters = [...new Set(alphabet)];
  const tokens = [end, ...markers, UNKNOWN, ...characters];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  if (Object.keys(vocab).length < tokens.length) {
    throw new UserError(
      `Special tokens must differ from each other, from ${UNKNOWN} and from the alphabet: ${specials.join(' ')}`,
    );
  }
  const added = [end, ...markers, UNKNOWN].map((content) => ({
    id: vocab[content],
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: content === end || content === UNKNOWN,
  }));
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: bpeWithoutMerges(vocab),
  };
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    eos_token: end,
    pad_token: end,
    unk_token: UNKNOWN,
  };
  const file = (content: object) => Buffer.from(`${JSON.stringify(content, null, 2)}\n`);
  const files = new Map([
    ['tokenizer.json', file(tokenizer)],
    ['tokenizer_config.json', file(config)],
  ]);
  return tokenizerFromFiles(files, 'the character tokenizer');
}

function bpeWithoutMerges(vocab: Record<string, number | undefined>): object {
  return {
    type: 'BPE',
    dropout: null,
    unk_token: UNKNOWN,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab,
    merges: [],
  };
}
