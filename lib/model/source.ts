/** Where a model comes from: everything the trainer must know of it before its weights are loaded. */
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { readGgufHeader, readTensor } from '../../bindings/io.js';
import type { GgufHeader, ModelConfig } from '../../bindings/torch.js';
import { UserError } from '../errors.js';
import { tokenizerFromGguf } from '../prompt/gguf_tokenizer.js';
import { loadTokenizer, type Tokenizer } from '../prompt/tokenizer.js';
import { configFromJson } from './config.js';
import { eosTokenIds, type GenerationDefaults, generationDefaults, type NamedJson } from './generation_config.js';
import { configFromGguf, eosFromGguf } from './gguf.js';
import { type HubOptions, hubSnapshot, MODEL_ID } from './hub.js';
import { type JsonObject, readJsonObject } from './json_file.js';
import { modelPath } from './run_model.js';
import { safetensorsFiles } from './weights.js';

export interface ModelSource {
  /** As the user wrote it. */
  name: string;
  /** Hugging Face folder; null for a lone GGUF file. */
  folder: string | null;
  format: 'safetensors' | 'gguf';
  /** Absolute paths of the weights; shards in the index's order. */
  files: string[];
  config: ModelConfig;
  tokenizer: Tokenizer;
  /** Every token that ends a sequence. */
  eosTokenIds: number[];
  /** Sampling defaults of the model's makers, for information. */
  generation: GenerationDefaults;
  /** The folder's own JSON, kept so that a trained model is saved with what this program does not read. */
  original: { config: JsonObject; generationConfig: JsonObject | null } | null;
}

/**
 * Find a model: a folder, a GGUF file, the directory of a run (its result), or an id on the hub (`owner/name`), which is taken from the cache or downloaded.
 *
 * @throws UserError that says what is missing or not supported, and what to do.
 */
export async function loadModelSource(nameOrPath: string, options: HubOptions = {}): Promise<ModelSource> {
  if (nameOrPath.trim() === '')
    throw new UserError('The model has no name. Give a model folder, a GGUF file or a model id.');
  const path = resolve(nameOrPath.replace(/^~(?=\/|$)/, homedir()));
  const entry = await stat(path).catch(() => null);
  if (entry?.isDirectory()) return folderSource(modelPath(path), nameOrPath);
  if (entry && path.endsWith('.gguf')) return ggufSource(path, nameOrPath);
  if (entry)
    throw new UserError(`${path} is a file, but not a .gguf file. Give a model folder, a GGUF file or a model id.`);
  if (!MODEL_ID.test(nameOrPath)) throw new UserError(`There is no model folder or GGUF file ${path}.`);
  const snapshot = await hubSnapshot(nameOrPath, options).catch((cause: unknown) => {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`${cause.message} (Nor is there a folder ${path}.)`, cause.code, { cause });
  });
  return folderSource(snapshot, nameOrPath);
}

async function folderSource(folder: string, name: string): Promise<ModelSource> {
  const configFile = await readNamed(folder, 'config.json');
  if (!configFile) throw new UserError(`${folder} has no config.json; a model folder needs one.`);
  const config = configFromJson(configFile.json, configFile.file);
  const generationFile = await readNamed(folder, 'generation_config.json');
  const files = await safetensorsFiles(folder);
  const tokenizer = await loadTokenizer(folder);
  const source: ModelSource = {
    name,
    folder,
    format: 'safetensors',
    files,
    config,
    tokenizer,
    eosTokenIds: eosTokenIds([generationFile, configFile], tokenizer.eosTokenId),
    generation: generationDefaults(generationFile),
    original: { config: configFile.json, generationConfig: generationFile?.json ?? null },
  };
  checkVocabulary(source);
  return source;
}

function ggufSource(file: string, name: string): ModelSource {
  const header = readHeader(file);
  const tokenizer = tokenizerFromGguf(header, file);
  const source: ModelSource = {
    name,
    folder: null,
    format: 'gguf',
    files: [file],
    config: configFromGguf(header, file, (tensor) => readTensor(file, tensor).values),
    tokenizer,
    eosTokenIds: eosFromGguf(header, file),
    generation: {},
    original: null,
  };
  checkVocabulary(source);
  return source;
}

/** A damaged or unreadable file is the user's to put right. */
function readHeader(file: string): GgufHeader {
  try {
    return readGgufHeader(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'FOOTHOLD_FORMAT' || code === 'FOOTHOLD_IO') throw new UserError(message, code, { cause: error });
    throw error;
  }
}

/** Token ids index the embedding: one beyond its rows would be read out of bounds. */
function checkVocabulary(source: ModelSource): void {
  const { name, config, tokenizer } = source;
  if (tokenizer.vocabSize > config.vocabSize) {
    throw new UserError(
      `${name}: the tokenizer has token ids up to ${tokenizer.vocabSize - 1}, but the model's vocab_size is ${config.vocabSize}. ` +
        'Resize the embedding with transformers (model.resize_token_embeddings) or use the tokenizer that belongs to the model.',
    );
  }
  const beyond = source.eosTokenIds.find((id) => id >= config.vocabSize);
  if (beyond !== undefined) {
    throw new UserError(`${name}: eos_token_id ${beyond} is not below the model's vocab_size ${config.vocabSize}.`);
  }
}

async function readNamed(folder: string, name: string): Promise<NamedJson | null> {
  const file = join(folder, name);
  const json = await readJsonObject(file);
  return json && { file, json };
}
