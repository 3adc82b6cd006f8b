import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadModelSource } from '../../lib/model/source.js';
import { characterTokenizer } from '../../lib/prompt/character_tokenizer.js';
import { LLAMA } from './configs.js';

const tokenizer = characterTokenizer('0123456789+=;', ['<|end|>', '<think>', '</think>']);
let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'foothold-source-'));
  folder = join(root, 'model');
  await tokenizer.save(folder);
  await writeJson('config.json', LLAMA);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const writeJson = (name: string, content: unknown) => writeFile(join(folder, name), JSON.stringify(content));
const writeShard = (name: string) => writeFile(join(folder, name), 'weights');
const writeIndex = (...names: string[]) =>
  writeJson('model.safetensors.index.json', { weight_map: Object.fromEntries(names.map((n, i) => [`tensor${i}`, n])) });

describe('a model folder', () => {
  it('gives configuration, tokenizer and files', async () => {
    await writeShard('model.safetensors');
    const source = await loadModelSource(folder);
    expect(source).toMatchObject({ name: folder, folder, format: 'safetensors' });
    expect(source.files).toEqual([join(folder, 'model.safetensors')]);
    expect(source.config).toMatchObject({ family: 'llama', hiddenSize: 64, numKvHeads: 2 });
    expect(source.tokenizer.decode(source.tokenizer.encode('<think>1</think>2;'))).toBe('<think>1</think>2;');
  });

  it('knows every end token: of generation_config, else of config, else of the tokenizer', async () => {
    await writeShard('model.safetensors');
    expect((await loadModelSource(folder)).eosTokenIds).toEqual([0]);
    await writeJson('config.json', { ...LLAMA, eos_token_id: 5 });
    expect((await loadModelSource(folder)).eosTokenIds).toEqual([5]);
    await writeJson('generation_config.json', { eos_token_id: [7, 5], temperature: 0.6, top_p: 0.9, top_k: 20 });
    const source = await loadModelSource(folder);
    expect(source.eosTokenIds).toEqual([7, 5]);
    expect(source.generation).toEqual({ temperature: 0.6, topP: 0.9, topK: 20 });
  });

  it('refuses an end token or a tokenizer beyond the vocabulary', async () => {
    await writeShard('model.safetensors');
    await writeJson('config.json', { ...LLAMA, eos_token_id: 500 });
    await expect(loadModelSource(folder)).rejects.toThrow(/eos_token_id 500 is not below the model's vocab_size 32/);
    await writeJson('config.json', { ...LLAMA, vocab_size: 8 });
    await expect(loadModelSource(folder)).rejects.toThrow(/token ids up to 16, but the model's vocab_size is 8/);
  });

  it('names what is missing', async () => {
    await expect(loadModelSource(folder)).rejects.toThrow(/neither model.safetensors nor model.safetensors.index.json/);
    await writeShard('pytorch_model.bin');
    await expect(loadModelSource(folder)).rejects.toThrow(/It has pytorch_model.bin. Save the model as safetensors/);
    await writeShard('model.safetensors');
    await rm(join(folder, 'tokenizer.json'));
    await expect(loadModelSource(folder)).rejects.toThrow(/has no tokenizer.json/);
    await rm(join(folder, 'config.json'));
    await expect(loadModelSource(folder)).rejects.toThrow(/has no config.json/);
    await writeFile(join(folder, 'config.json'), '{"a": ');
    await expect(loadModelSource(folder)).rejects.toThrow(/config.json is not valid JSON/);
  });
});

describe('sharded weights', () => {
  it('come in the order of the index, each once', async () => {
    await Promise.all(['b.safetensors', 'a.safetensors'].map(writeShard));
    await writeIndex('b.safetensors', 'a.safetensors', 'b.safetensors');
    expect((await loadModelSource(folder)).files).toEqual([
      join(folder, 'b.safetensors'),
      join(folder, 'a.safetensors'),
    ]);
  });

  it('name a shard that is missing', async () => {
    await writeShard('a.safetensors');
    await writeIndex('a.safetensors', 'b.safetensors');
    await expect(loadModelSource(folder)).rejects.toThrow(/names b.safetensors, which is missing/);
  });

  it.each(['../other.safetensors', '/etc/other.safetensors', 'x/../../other.safetensors', '..\\other.safetensors'])(
    'refuse a path outside the folder: %s',
    async (path) => {
      await writeFile(join(root, 'other.safetensors'), 'weights');
      await writeIndex(path);
      await expect(loadModelSource(folder)).rejects.toThrow(/lies outside the model's folder/);
    },
  );

  it('refuse a link that leaves the folder', async () => {
    await writeFile(join(root, 'other'), 'weights');
    await symlink(join(root, 'other'), join(folder, 'a.safetensors'));
    await writeIndex('a.safetensors');
    await expect(loadModelSource(folder)).rejects.toThrow(
      /a.safetensors is a link to .*other, outside the model's folder/,
    );
  });

  it('may be links to the blobs of the hub cache', async () => {
    const repository = join(root, 'models--me--tiny');
    const snapshot = join(repository, 'snapshots', 'abc');
    await mkdir(join(repository, 'blobs'), { recursive: true });
    await tokenizer.save(snapshot);
    folder = snapshot;
    await writeJson('config.json', LLAMA);
    await writeFile(join(repository, 'blobs', 'f00'), 'weights');
    await symlink('../../blobs/f00', join(snapshot, 'a.safetensors'));
    await writeIndex('a.safetensors');
    expect((await loadModelSource(snapshot)).files).toEqual([join(snapshot, 'a.safetensors')]);
  });
});
