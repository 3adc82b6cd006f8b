/** Which files of a Hugging Face folder hold the weights. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, sep } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { checkFile, type JsonObject, readJsonObject } from './json_file.js';

export const SINGLE_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';
const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/**
 * Absolute paths of a folder's safetensors files: `model.safetensors`, or the shards in the order in which
 * `model.safetensors.index.json` first names them.
 *
 * @throws UserError when there are none, a shard is missing, or the index names a file outside the folder.
 */
export async function safetensorsFiles(folder: string): Promise<string[]> {
  const single = join(folder, SINGLE_FILE);
  if (await isFile(single)) return [single];
  const indexFile = join(folder, INDEX_FILE);
  const index = await readJsonObject(indexFile);
  if (!index) throw await noWeights(folder);
  const names = readIndex(index, indexFile);
  return Promise.all(names.map((name) => shardPath(folder, name, indexFile)));
}

/** Shards that a parsed index names, each once. */
export function readIndex(index: JsonObject, indexFile: string): string[] {
  const names = [...new Set(Object.values(checkFile(indexSchema, index, indexFile).weight_map))];
  if (names.length === 0) throw new UserError(`${indexFile}: weight_map names no file.`);
  for (const name of names) {
    if (isAbsolute(name) || name.split(/[\\/]/).includes('..')) {
      throw new UserError(`${indexFile} names ${JSON.stringify(name)}, which lies outside the model's folder.`);
    }
    if (!name.endsWith('.safetensors')) {
      throw new UserError(`${indexFile} names ${JSON.stringify(name)}, which is not a .safetensors file.`);
    }
  }
  return names;
}

async function shardPath(folder: string, name: string, indexFile: string): Promise<string> {
  const path = join(folder, name);
  if (!(await isFile(path))) throw new UserError(`${indexFile} names ${name}, which is missing from ${folder}.`);
  const target = await realpath(path);
  const roots = await allowedRoots(folder);
  if (!roots.some((root) => target.startsWith(root + sep))) {
    throw new UserError(`${path} is a link to ${target}, outside the model's folder. Put the file itself there.`);
  }
  return path;
}

/** The folder itself and, for a snapshot in the hub's cache (`models--a--b/snapshots/<commit>`), the blobs it links to. */
async function allowedRoots(folder: string): Promise<string[]> {
  const root = await realpath(folder);
  const snapshots = dirname(root);
  const repository = dirname(snapshots);
  const inCache = basename(snapshots) === 'snapshots' && basename(repository).startsWith('models--');
  return inCache ? [root, join(repository, 'blobs')] : [root];
}

async function noWeights(folder: string): Promise<UserError> {
  const names = await readdir(folder);
  const other = names.filter((name) => /\.(bin|pt|pth|h5|msgpack|gguf|safetensors)$/.test(name));
  const found = other.length > 0 ? ` It has ${other.join(', ')}.` : '';
  const hint = other.some((name) => name.endsWith('.gguf'))
    ? 'Give the path of the .gguf file itself.'
    : 'Save the model as safetensors with transformers: model.save_pretrained(folder).';
  return new UserError(`${folder} has neither ${SINGLE_FILE} nor ${INDEX_FILE}.${found} ${hint}`);
}

export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}
