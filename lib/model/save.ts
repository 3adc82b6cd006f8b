/** Saving a trained model as a Hugging Face folder, from which this program and transformers load it. */
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { DType } from '../../bindings/torch.js';
import { UserError } from '../errors.js';
import { makeFolder } from '../make_folder.js';
import { TOKENIZER_FILE_NAMES } from '../prompt/tokenizer_files.js';
import { newConfigJson, tokenIdsJson, updatedConfigJson } from './config_writer.js';
import type { JsonObject } from './json_file.js';
import type { ModelSource } from './source.js';

/** What is saved beside the weights: a {@link ModelSource}, or the same of a model made here (`original: null`). */
export type SavableModel = Pick<ModelSource, 'config' | 'tokenizer' | 'eosTokenIds' | 'original'>;

const OWN_FILES = new Set<string>([
  'config.json',
  'generation_config.json',
  'model.safetensors',
  ...TOKENIZER_FILE_NAMES,
]);

/**
 * Write `config.json`, `generation_config.json`, the tokenizer's files and the weights.
 *
 * All is written into a folder beside `folder` and renamed at the end, so that an interruption leaves nothing half-made.
 * A model saved before in `folder` is replaced; a folder that holds anything else is left alone.
 *
 * @param dtype precision in which the weights are written.
 * @param writeWeights writes the weights to the given path of a `.safetensors` file.
 * @throws UserError when `folder` holds other files.
 */
export async function saveModelFolder(
  folder: string,
  model: SavableModel,
  dtype: DType,
  writeWeights: (file: string) => Promise<void>,
): Promise<void> {
  const target = resolve(folder);
  await refuseForeignFiles(target);
  await makeFolder(dirname(target));
  const work = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    const fresh = join(work, 'new');
    await model.tokenizer.save(fresh);
    await writeJson(join(fresh, 'config.json'), configJson(model, dtype));
    await writeJson(join(fresh, 'generation_config.json'), generationJson(model));
    await writeWeights(join(fresh, 'model.safetensors'));
    await rename(target, join(work, 'old')).catch(ignoreMissing);
    await rename(fresh, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function configJson(model: SavableModel, dtype: DType): JsonObject {
  return model.original
    ? updatedConfigJson(model.original.config, model.config, dtype)
    : newConfigJson(model.config, dtype, endTokens(model));
}

function generationJson(model: SavableModel): JsonObject {
  return model.original?.generationConfig ?? tokenIdsJson(endTokens(model));
}

function endTokens({ tokenizer, eosTokenIds }: SavableModel) {
  return { bosTokenId: tokenizer.bosTokenId, eosTokenIds, padTokenId: tokenizer.padTokenId };
}

async function refuseForeignFiles(target: string): Promise<void> {
  const names = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new UserError(`A model cannot be saved to ${target}: ${error.message}`);
  });
  const foreign = names.find((name) => !OWN_FILES.has(name));
  if (foreign !== undefined) {
    throw new UserError(`${target} holds ${foreign}, which is no part of a saved model. Choose a new or empty folder.`);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

function writeJson(file: string, content: JsonObject): Promise<void> {
  return writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
}
