/** `generation_config.json`: which tokens end a sequence, and how the makers sample. */
import { z } from 'zod';
import { checkFile, type JsonObject } from './json_file.js';

const tokenIds = z
  .union([
    z
      .int()
      .nonnegative()
      .transform((id) => [id]),
    z.array(z.int().nonnegative()),
  ])
  .nullish();
const endSchema = z.looseObject({ eos_token_id: tokenIds });
const samplingSchema = z.looseObject({
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  top_k: z.number().nullish(),
});

/** Sampling defaults of the model's makers, for information. */
export interface GenerationDefaults {
  temperature?: number;
  topP?: number;
  topK?: number;
}

/** A parsed file with the path that errors name. */
export interface NamedJson {
  file: string;
  json: JsonObject;
}

/**
 * Every end-of-sequence token: of the first of `files` that names one (`generation_config.json`, then `config.json`), else
 * the tokenizer's. None is invented: the list may be empty, and then only the length limit ends a completion.
 */
export function eosTokenIds(files: readonly (NamedJson | null)[], tokenizerEos: number | null): number[] {
  for (const named of files) {
    const ids = named && checkFile(endSchema, named.json, named.file).eos_token_id;
    if (ids && ids.length > 0) return [...new Set(ids)];
  }
  return tokenizerEos === null ? [] : [tokenizerEos];
}

export function generationDefaults(named: NamedJson | null): GenerationDefaults {
  if (!named) return {};
  const { temperature, top_p, top_k } = checkFile(samplingSchema, named.json, named.file);
  return {
    ...(temperature != null && { temperature }),
    ...(top_p != null && { topP: top_p }),
    ...(top_k != null && { topK: top_k }),
  };
}
