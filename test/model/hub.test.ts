import { mkdtemp, readdir, readFile, realpath, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DownloadProgress } from '../../lib/model/hub.js';
import { loadModelSource } from '../../lib/model/source.js';
import { characterTokenizer } from '../../lib/prompt/character_tokenizer.js';
import { LLAMA } from './configs.js';
import { HubServer, type Repository } from './hub_server.js';

const COMMIT = 'a'.repeat(40);
const ID = 'someone/tiny-model';
const HUB_VARIABLES = ['HF_HOME', 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_TOKEN', 'HF_TOKEN_PATH', 'HF_ENDPOINT'];
let home: string;
let server: HubServer;
let repository: Repository;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'foothold-hub-'));
  server = new HubServer();
  for (const name of [...HUB_VARIABLES, 'HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE']) vi.stubEnv(name, undefined);
  vi.stubEnv('HF_HOME', home);
  vi.stubEnv('HF_ENDPOINT', `${await server.listen()}/`);
  repository = { id: ID, commit: COMMIT, files: await modelFiles() };
  server.repositories = [repository];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(home, { recursive: true, force: true });
});

async function modelFiles(): Promise<Record<string, Buffer>> {
  const folder = join(home, 'made');
  await characterTokenizer('0123456789+=;', ['<|end|>']).save(folder);
  const read = (name: string) => readFile(join(folder, name));
  return {
    'config.json': Buffer.from(JSON.stringify(LLAMA)),
    'generation_config.json': Buffer.from('{"eos_token_id": [0, 4]}'),
    'tokenizer.json': await read('tokenizer.json'),
    'tokenizer_config.json': await read('tokenizer_config.json'),
    'model.safetensors': Buffer.alloc(100_000, 'w'),
    'README.md': Buffer.from('not needed'),
    'pytorch_model.bin': Buffer.from('not needed'),
  };
}

const cache = () => join(home, 'hub', 'models--someone--tiny-model');
const unfinished = async () => (await readdir(join(cache(), 'blobs'))).filter((name) => name.endsWith('.incomplete'));
const snapshot = () => join(cache(), 'snapshots', COMMIT);

describe('a model id', () => {
  it('is downloaded into the shared cache, only the files that are needed', async () => {
    const progress: DownloadProgress[] = [];
    const source = await loadModelSource(ID, { onProgress: (now) => progress.push(now) });
    expect(source).toMatchObject({ name: ID, folder: snapshot(), eosTokenIds: [0, 4] });
    expect(source.files).toEqual([join(snapshot(), 'model.safetensors')]);
    expect((await readdir(snapshot())).sort()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(await readFile(source.files[0]!)).toEqual(repository.files['model.safetensors']);
    expect(await realpath(source.files[0]!)).toContain(join(cache(), 'blobs'));
    expect(await readFile(join(cache(), 'refs', 'main'), 'utf8')).toBe(COMMIT);
    const last = progress.at(-1)!;
    expect(last).toMatchObject({ file: 'model.safetensors', received: last.total });
    expect(await readdir(join(cache(), 'blobs'))).toHaveLength(5);
  });

  it('needs no network when it is cached', async () => {
    await loadModelSource(ID);
    const before = server.requests.length;
    await loadModelSource(ID);
    expect(server.requests).toHaveLength(before);
    await server.close();
    await loadModelSource(ID);
    await loadModelSource(ID, { offline: true, revision: COMMIT });
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect((await loadModelSource(ID)).eosTokenIds).toEqual([0, 4]);
  });

  it('is completed when only a part is cached, without fetching that part again', async () => {
    await loadModelSource(ID);
    await unlink(join(snapshot(), 'generation_config.json'));
    server.requests.length = 0;
    expect((await loadModelSource(ID)).eosTokenIds).toEqual([0, 4]);
    expect(server.requests.filter((request) => request.includes('/resolve/'))).toEqual([]);
    await rm(join(cache(), 'blobs'), { recursive: true });
    await loadModelSource(ID);
    expect(server.requests.filter((request) => request.includes('/model.safetensors'))).toHaveLength(2);
  });

  it('is taken as it is without network when another program has cached it', async () => {
    await loadModelSource(ID);
    await rm(join(cache(), '.no_exist'), { recursive: true });
    await server.close();
    expect((await loadModelSource(ID)).folder).toBe(snapshot());
    await unlink(join(snapshot(), 'tokenizer.json'));
    await expect(loadModelSource(ID)).rejects.toThrow(/cannot be fetched/);
  });

  it('brings sharded weights', async () => {
    const { 'model.safetensors': weights, ...files } = repository.files;
    const index = { weight_map: { a: 'model-2.safetensors', b: 'model-1.safetensors' } };
    const shards = {
      'model-1.safetensors': weights!,
      'model-2.safetensors': Buffer.from('second'),
      'model-3.safetensors': weights!,
    };
    repository.files = { ...files, ...shards, 'model.safetensors.index.json': Buffer.from(JSON.stringify(index)) };
    const source = await loadModelSource(ID);
    expect(source.files).toEqual([join(snapshot(), 'model-2.safetensors'), join(snapshot(), 'model-1.safetensors')]);
    expect(await readdir(snapshot())).not.toContain('model-3.safetensors');
  });

  it('is found with HF_HUB_CACHE, and with a token', async () => {
    vi.stubEnv('HF_HUB_CACHE', join(home, 'elsewhere'));
    repository.token = 'hf_secret';
    await expect(loadModelSource(ID)).rejects.toThrow(/private or gated/);
    await writeFile(join(home, 'token'), 'hf_secret\n');
    expect((await loadModelSource(ID)).folder).toContain(join(home, 'elsewhere', 'models--someone--tiny-model'));
    await rm(join(home, 'elsewhere'), { recursive: true });
    vi.stubEnv('HF_TOKEN', 'hf_wrong');
    await expect(loadModelSource(ID)).rejects.toThrow(/private or gated/);
    vi.stubEnv('HF_TOKEN', 'secret');
    await expect(loadModelSource(ID)).rejects.toThrow(/access token \(HF_TOKEN.* must start with 'hf_'/);
  });
});

describe('a model id that cannot be had', () => {
  it.each([
    [
      401,
      /The hub does not show the model someone\/tiny-model: .*accept its conditions on .*\/someone\/tiny-model and set HF_TOKEN/,
    ],
    [403, /The account of your HF_TOKEN may not read someone\/tiny-model/],
    [404, /There is no model someone\/tiny-model with a revision main/],
    [429, /asks for fewer requests/],
    [503, /answered with status 503/],
  ])('says what to do after status %i', async (status, message) => {
    repository.refusal = status;
    await expect(loadModelSource(ID)).rejects.toThrow(message);
  });

  it('says that there is no such revision', async () => {
    await expect(loadModelSource(ID, { revision: '../../secrets' })).rejects.toThrow(/is no revision. Give a branch/);
    await expect(loadModelSource(ID, { revision: 'v2' })).rejects.toThrow(/with a revision v2/);
  });

  it('says that downloads are off, and what is missing', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await expect(loadModelSource(ID)).rejects.toThrow(/is not cached in .*Unset HF_HUB_OFFLINE/);
    vi.stubEnv('HF_HUB_OFFLINE', undefined);
    await loadModelSource(ID);
    await unlink(join(snapshot(), 'tokenizer.json'));
    await expect(loadModelSource(ID, { offline: true })).rejects.toThrow(/is cached without tokenizer.json/);
  });

  it('says that there is no network', async () => {
    await server.close();
    await expect(loadModelSource(ID)).rejects.toThrow(/cannot be fetched from .*: .*ECONNREFUSED.*Check the network/);
  });

  it('goes on where the connection broke off', async () => {
    repository.breakOff = 'model.safetensors';
    await expect(loadModelSource(ID)).rejects.toThrow(/cannot be fetched/);
    expect(await readdir(snapshot())).not.toContain('model.safetensors');
    expect(await unfinished()).toHaveLength(1);
    delete repository.breakOff;
    const progress: DownloadProgress[] = [];
    const source = await loadModelSource(ID, { onProgress: (now) => progress.push(now) });
    expect(await readFile(source.files[0]!)).toEqual(repository.files['model.safetensors']);
    expect(progress.find(({ file }) => file === 'model.safetensors')!.received).toBeGreaterThan(40_000);
    expect(progress.at(-1)!.received).toBe(progress.at(-1)!.total);
    expect(await unfinished()).toEqual([]);
  });

  it('stops when it is told to, and keeps what has come', async () => {
    const abort = new AbortController();
    const stopped = loadModelSource(ID, {
      signal: abort.signal,
      onProgress: ({ file, received, total }) => {
        if (file === 'model.safetensors' && received < total) abort.abort(new Error('enough'));
      },
    });
    await expect(stopped).rejects.toThrow('enough');
    await expect(loadModelSource(ID, { signal: abort.signal })).rejects.toThrow('enough');
    expect(await unfinished()).toHaveLength(1);
    expect((await loadModelSource(ID)).files).toHaveLength(1);
    expect(await unfinished()).toEqual([]);
  });

  it('leaves the unfinished download of another program alone, until it is abandoned', async () => {
    await loadModelSource(ID);
    const blob = await realpath(join(snapshot(), 'model.safetensors'));
    await rm(blob);
    await writeFile(`${blob}.other.incomplete`, 'www');
    await loadModelSource(ID);
    expect(await unfinished()).toEqual([`${basename(blob)}.other.incomplete`]);
    await rm(blob);
    await utimes(`${blob}.other.incomplete`, 1, 1);
    await loadModelSource(ID);
    expect(await unfinished()).toEqual([]);
    expect(await readFile(blob)).toEqual(repository.files['model.safetensors']);
  });

  it.each(['model.safetensors', 'config.json'])('refuses a %s whose bytes do not have its hash', async (file) => {
    repository.corrupt = file;
    await expect(loadModelSource(ID)).rejects.toThrow(new RegExp(`${file} of .* does not have the hash .* Try again`));
    expect(await unfinished()).toEqual([]);
    delete repository.corrupt;
    expect((await loadModelSource(ID)).files).toHaveLength(1);
  });

  it('names the files that it lacks', async () => {
    const { 'model.safetensors': weights, ...files } = repository.files;
    repository.files = { ...files, 'tiny-q8_0.gguf': weights! };
    await expect(loadModelSource(ID)).rejects.toThrow(
      /no model.safetensors or .*GGUF files such as tiny-q8_0.gguf: download one/,
    );
    repository.files = {
      ...files,
      'model.safetensors.index.json': Buffer.from('{"weight_map": {"a": "../x.safetensors"}}'),
    };
    await expect(loadModelSource(ID)).rejects.toThrow(/lies outside the model's folder/);
  });

  it('never takes a path for a hash', async () => {
    repository.oid = '../../../escaped';
    await expect(loadModelSource(ID)).rejects.toThrow(/gave "..\/..\/..\/escaped" as the hash of/);
  });
});

describe('a path that does not exist', () => {
  it.each(['./no/such/folder', '/no/such/folder', 'a/b/c', '../x', '~/no-such-folder', 'bad name'])(
    '%s is no model id',
    async (path) => {
      await expect(loadModelSource(path)).rejects.toThrow(/There is no model folder or GGUF file/);
      expect(server.requests).toEqual([]);
    },
  );

  it('or is another file is refused', async () => {
    await writeFile(join(home, 'notes.txt'), '');
    await expect(loadModelSource(join(home, 'notes.txt'))).rejects.toThrow(/is a file, but not a .gguf file/);
  });
});
