import { PRE_TOKENIZERS, type PreTokenizer } from './gguf_pre_tokenizers.js';
import type { PreTokenizerJson, TokenizerJson } from './gguf_vocabulary.js';

/** The expression that `ByteLevel` with `use_regex` splits by. */
const BYTE_LEVEL_SPLIT = PRE_TOKENIZERS.get('gpt-2')!.splits[0]!;

/**
 * The name that GGUF gives to how a byte-level tokenizer cuts text (`tokenizer.ggml.pre`), found by comparing its rules with
 * the known ones. `characters` where nothing is cut and text stays as it is; null where there is no name.
 */
export function preTokenizerName({ normalizer, pre_tokenizer, model }: TokenizerJson): string | null {
  if (!pre_tokenizer && !normalizer) return model.merges.length === 0 ? 'characters' : null;
  const splits = pre_tokenizer && splitsOf(pre_tokenizer);
  if (!splits?.isByteLevel) return null;
  const same = ([, pre]: [string, PreTokenizer]) =>
    pre.splits.join('\0') === splits.patterns.join('\0') &&
    pre.normalizer?.type === normalizer?.type &&
    pre.ignoreMerges === (model.ignore_merges ?? false);
  return [...PRE_TOKENIZERS].find(same)?.[0] ?? null;
}

interface Splits {
  patterns: string[];
  isByteLevel: boolean;
}

/** The expressions a pre-tokenizer splits by, in order; null for a rule that GGUF does not have. */
function splitsOf(json: PreTokenizerJson): Splits | null {
  if (json.type === 'Sequence') return joined(json.pretokenizers.map(splitsOf));
  if (json.type === 'ByteLevel' && !json.add_prefix_space) {
    return { patterns: json.use_regex === false ? [] : [BYTE_LEVEL_SPLIT], isByteLevel: true };
  }
  if (json.type === 'Digits' && json.individual_digits) return { patterns: [String.raw`\p{N}`], isByteLevel: false };
  if (json.type !== 'Split' || json.behavior !== 'Isolated' || json.invert || !('Regex' in json.pattern)) return null;
  return { patterns: [json.pattern.Regex], isByteLevel: false };
}

function joined(parts: (Splits | null)[]): Splits | null {
  const known = parts.filter((part) => part !== null);
  if (known.length < parts.length) return null;
  return {
    patterns: known.flatMap(({ patterns }) => patterns),
    isByteLevel: known.at(-1)?.isByteLevel ?? false,
  };
}
