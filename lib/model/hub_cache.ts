/**
 * The cache that Hugging Face's libraries share: `models--OWNER--NAME/{blobs,refs,snapshots/<commit>,.no_exist/<commit>}`
 * under `HF_HUB_CACHE`, else `HF_HOME/hub`, else `~/.cache/huggingface/hub`.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getHFHubCachePath, getRepoFolderName } from '@huggingface/hub';
import { TOKENIZER_FILE_NAMES } from '../prompt/tokenizer_files.js';
import { readJsonObject } from './json_file.js';
import { INDEX_FILE, isFile, readIndex, SINGLE_FILE } from './weights.js';

/** Read when the model has them. */
export const OPTIONAL_FILES: readonly string[] = [
  'generation_config.json',
  ...TOKENIZER_FILE_NAMES.filter((name) => name !== 'tokenizer.json'),
];
export const REQUIRED_FILES: readonly string[] = ['config.json', 'tokenizer.json'];

const COMMIT = /^[0-9a-f]{40}$/;

/** Places of one model in the cache. */
export class CachedModel {
  readonly cache = getHFHubCachePath();
  readonly folder: string;

  constructor(id: string) {
    this.folder = join(this.cache, getRepoFolderName({ type: 'model', name: id }));
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  blob(etag: string): string {
    return join(this.folder, 'blobs', etag);
  }

  ref(revision: string): string {
    return join(this.folder, 'refs', revision);
  }

  /** A marker that the commit has no such file. */
  absence(commit: string, name: string): string {
    return join(this.folder, '.no_exist', commit, name);
  }

  /** The commit that a branch, tag or commit stood for when it was last asked for. */
  async commitOf(revision: string): Promise<string | null> {
    if (COMMIT.test(revision)) return revision;
    const commit = await readFile(this.ref(revision), 'utf8').catch(() => '');
    return COMMIT.test(commit.trim()) ? commit.trim() : null;
  }

  /**
   * Names of files that a cached commit lacks. An optional file counts as lacking unless it is there or known not to exist:
   * other programs cache single files, and a model without its `generation_config.json` would end sequences wrongly.
   */
  async lacking(commit: string): Promise<{ required: string[]; optional: string[] }> {
    const has = (name: string) => isFile(join(this.snapshot(commit), name));
    const settled = async (name: string) => (await has(name)) || isFile(this.absence(commit, name));
    const weights = (await has(SINGLE_FILE)) ? [SINGLE_FILE] : await this.shards(commit);
    return {
      required: await without([...REQUIRED_FILES, ...weights], has),
      optional: await without(OPTIONAL_FILES, settled),
    };
  }

  private async shards(commit: string): Promise<string[]> {
    const file = join(this.snapshot(commit), INDEX_FILE);
    const index = await readJsonObject(file);
    return index ? readIndex(index, file) : [SINGLE_FILE];
  }
}

async function without(names: readonly string[], has: (name: string) => Promise<boolean>): Promise<string[]> {
  const found = await Promise.all(names.map(has));
  return names.filter((_, i) => !found[i]);
}
