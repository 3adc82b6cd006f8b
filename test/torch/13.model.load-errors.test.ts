/** A file that does not fit the model is refused with the tensor's name, both shapes, and the file. */
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ModelConfig, Policy } from '../../bindings/torch.js';
import { fixturePath } from './support/fixtures.js';
import { modelFiles, modelFixture } from './support/policies.js';
import { type FileTensor, readTensors, writeTensors } from './support/safetensors.js';
import { temporaryFile } from './support/temporary.js';

const [qwen2] = modelFiles('qwen2') as [string];

function load(files: string[], config: Partial<ModelConfig> = {}): Promise<Policy> {
  return Policy.load({
    config: { ...modelFixture('qwen2').config, ...config },
    format: 'safetensors',
    files,
    device: 'cpu',
    dtype: 'float32',
  });
}

/** The model's file with its tensors changed by `edit`. */
function edited(edit: (tensors: Map<string, FileTensor>) => void): string {
  const tensors = readTensors(qwen2);
  edit(tensors);
  const file = temporaryFile('edited.safetensors');
  writeTensors(file, tensors);
  return file;
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  return (error as Error).message;
}

test('a rewritten file still loads, so the errors below are about what was changed', async () => {
  const policy = await load([edited(() => {})]);
  policy.dispose();
});

test('a missing tensor is named', async () => {
  const file = edited((tensors) => tensors.delete('model.layers.1.mlp.up_proj.weight'));
  expect(await messageOf(load([file]))).toContain('model.layers.1.mlp.up_proj.weight');
});

test('a tensor that the model does not have is named, with its file', async () => {
  const file = edited((tensors) => tensors.set('model.extra.weight', tensors.get('model.norm.weight')!));
  const message = await messageOf(load([file]));
  expect(message).toContain('model.extra.weight');
  expect(message).toContain('edited.safetensors');
});

test('a tensor of the wrong shape is named with both shapes', async () => {
  const file = edited((tensors) => {
    const key = tensors.get('model.layers.0.self_attn.k_proj.weight')!;
    key.shape = [32, 16]; // the transposed shape has as many elements: only the shape itself gives it away
  });
  const message = await messageOf(load([file]));
  expect(message).toContain('model.layers.0.self_attn.k_proj.weight');
  expect(message).toMatch(/32\D+16/);
  expect(message).toMatch(/16\D+32/);
});

test('a config that asks for another width is refused with the name of a tensor', async () => {
  expect(await messageOf(load([qwen2], { hiddenSize: 64 }))).toMatch(/model\.\S+weight/);
});

test('a tensor in two shards is named', async () => {
  const files = modelFiles('qwen2-sharded');
  const again = temporaryFile('again.safetensors');
  copyFileSync(files[0]!, again);
  const [name] = readTensors(again).keys();
  const { config } = modelFixture('qwen2-sharded');
  const loading = Policy.load({
    config,
    format: 'safetensors',
    files: [...files, again],
    device: 'cpu',
    dtype: 'float32',
  });
  expect(await messageOf(loading)).toContain(name);
});

test('an integer tensor is refused by name', async () => {
  const file = edited((tensors) => {
    tensors.get('model.norm.weight')!.dtype = 'I32';
  });
  const message = await messageOf(load([file]));
  expect(message).toContain('model.norm.weight');
  expect(message).toContain('I32');
});

test.each([
  ['missing', () => 'no-such-folder/model.safetensors'],
  ['empty', () => withBytes(new Uint8Array())],
  ['cut', () => cut(qwen2, 40_000)],
  ['cut in its header', () => cut(qwen2, 100)],
  ['not safetensors at all', () => withBytes(new TextEncoder().encode('{"this": "is JSON"}'.repeat(20)))],
])('a file that is %s is named', async (_, make) => {
  const file = make();
  expect(await messageOf(load([file]))).toContain(file);
});

test('a cut GGUF file is named', async () => {
  const file = cut(fixturePath('model', 'gguf', 'q8_0-llama.gguf'), 30_000);
  const config = JSON.parse(readFileSync(fixturePath('model', 'gguf', 'q8_0-llama.json'), 'utf8'))
    .config as ModelConfig;
  const loading = Policy.load({ config, format: 'gguf', files: [file], device: 'cpu', dtype: 'float32' });
  expect(await messageOf(loading)).toContain(file);
});

test('an unknown device is refused by its name', async () => {
  const { config } = modelFixture('qwen2');
  const loading = Policy.load({ config, format: 'safetensors', files: [qwen2], device: 'abacus', dtype: 'float32' });
  expect(await messageOf(loading)).toContain('abacus');
});

function withBytes(bytes: Uint8Array): string {
  const file = temporaryFile('broken.safetensors');
  writeFileSync(file, bytes);
  return file;
}

function cut(source: string, length: number): string {
  const file = temporaryFile('cut.bin');
  copyFileSync(source, file);
  truncateSync(file, length);
  return file;
}
