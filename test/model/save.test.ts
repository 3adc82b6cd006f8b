import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFromJson } from '../../lib/model/config.js';
import { saveModelFolder } from '../../lib/model/save.js';
import { loadModelSource } from '../../lib/model/source.js';
import { characterTokenizer } from '../../lib/prompt/character_tokenizer.js';
import { QWEN2 } from './configs.js';

const made = {
  config: configFromJson(QWEN2, 'config.json'),
  tokenizer: characterTokenizer('0123456789+=;', ['<|end|>', '<think>', '</think>']),
  eosTokenIds: [0, 5],
  original: null,
};
const writeWeights = (file: string) => writeFile(file, 'weights');
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'foothold-save-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('a saved model', () => {
  it('loads again as it was', async () => {
    const folder = join(root, 'deep', 'model');
    await saveModelFolder(folder, made, 'float32', writeWeights);
    const source = await loadModelSource(folder);
    expect(source.config).toEqual(made.config);
    expect(source.eosTokenIds).toEqual([0, 5]);
    expect(await readdir(join(root, 'deep'))).toEqual(['model']);
    expect(await readFile(source.files[0]!, 'utf8')).toBe('weights');
  });

  it("keeps the original's own keys and generation settings, and is replaced as a whole", async () => {
    const folder = join(root, 'model');
    await saveModelFolder(folder, made, 'float32', writeWeights);
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...QWEN2, use_mrope: false }));
    await writeFile(join(folder, 'generation_config.json'), '{"eos_token_id": [1, 2], "temperature": 0.7}');
    await writeFile(join(folder, 'merges.txt'), 'left over');
    const source = await loadModelSource(folder);
    await rm(join(folder, 'tokenizer.json'));
    await saveModelFolder(folder, source, 'bfloat16', (file) => writeFile(file, 'new weights'));
    const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
    expect(config).toEqual({ ...QWEN2, use_mrope: false, torch_dtype: 'bfloat16' });
    const generation = JSON.parse(await readFile(join(folder, 'generation_config.json'), 'utf8'));
    expect(generation).toEqual({ eos_token_id: [1, 2], temperature: 0.7 });
    expect(await readFile(join(folder, 'model.safetensors'), 'utf8')).toBe('new weights');
    expect(await readdir(root)).toEqual(['model']);
  });

  it('leaves the one before in place when writing fails', async () => {
    const folder = join(root, 'model');
    await saveModelFolder(folder, made, 'float32', writeWeights);
    const full = () => Promise.reject(new Error('no space left'));
    await expect(saveModelFolder(folder, made, 'float32', full)).rejects.toThrow('no space left');
    expect((await loadModelSource(folder)).files).toHaveLength(1);
    expect(await readdir(root)).toEqual(['model']);
  });

  it('never replaces a folder with other files', async () => {
    await writeFile(join(root, 'thesis.tex'), 'years of work');
    await expect(saveModelFolder(root, made, 'float32', writeWeights)).rejects.toThrow(
      /holds thesis.tex.*new or empty folder/,
    );
    await writeFile(join(root, 'file'), '');
    await expect(saveModelFolder(join(root, 'file'), made, 'float32', writeWeights)).rejects.toThrow(
      /cannot be saved to/,
    );
    expect(await readFile(join(root, 'thesis.tex'), 'utf8')).toBe('years of work');
  });
});
