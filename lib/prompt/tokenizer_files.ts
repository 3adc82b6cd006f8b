/** The files of a model folder that make up its tokenizer, held in memory so that a trained model can be saved with them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { makeFolder } from '../make_folder.js';

/** Contents by file name. */
export type TokenizerFiles = ReadonlyMap<string, Buffer>;

/** Every file from which transformers may build a tokenizer and its chat template. */
export const TOKENIZER_FILE_NAMES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
] as const;

/** Read the tokenizer files that a folder has. */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const files = new Map<string, Buffer>();
  for (const name of TOKENIZER_FILE_NAMES) {
    try {
      files.set(name, await readFile(join(folder, name)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw new UserError(`${join(folder, name)} cannot be read: ${(error as Error).message}`);
      }
    }
  }
  return files;
}

/** Write the files into a folder, which is made if needed. */
export async function writeTokenizerFiles(folder: string, files: TokenizerFiles): Promise<void> {
  await makeFolder(folder);
  await Promise.all([...files].map(([name, content]) => writeFile(join(folder, name), content)));
}
