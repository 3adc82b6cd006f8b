import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readGgufHeader } from '../../bindings/io.js';
import { type GgufValue, Policy } from '../../bindings/torch.js';
import { exportGguf, type GgufType } from '../../lib/model/export.js';
import { modelPath } from '../../lib/model/run_model.js';
import { loadModelSource, type ModelSource } from '../../lib/model/source.js';
import { tokenizerFromGguf } from '../../lib/prompt/gguf_tokenizer.js';
import { tokenizerMetadata } from '../../lib/prompt/gguf_writer.js';
import { BASE_MODEL } from '../../lib/quickstart/model.js';
import { modelFiles, modelFixture, smallConfig } from '../torch/support/policies.js';

const folder = mkdtempSync(join(tmpdir(), 'foothold-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A fixture's weights with the quickstart's tokenizer, whose 23 tokens each of them has room for. */
async function sourceOf(name: Parameters<typeof modelFixture>[0]): Promise<ModelSource> {
  const { config } = modelFixture(name);
  return { ...(await loadModelSource(BASE_MODEL)), name, config, files: modelFiles(name) };
}

const tokens = Int32Array.from([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]);

async function logits(source: Pick<ModelSource, 'config' | 'format' | 'files'>): Promise<Float32Array> {
  const policy = await Policy.load({ ...source, device: 'cpu', dtype: 'float32' });
  const values = await policy.logits(tokens);
  policy.dispose();
  return values;
}

async function exported(source: ModelSource, type: GgufType) {
  const file = join(folder, `${source.config.family}-${type}.gguf`);
  const notes: string[] = [];
  await exportGguf(source, file, { type, onNote: (note) => notes.push(note) });
  return { file, notes, again: await loadModelSource(file) };
}

describe('an exported GGUF file', () => {
  it.each(['llama-bias', 'mistral', 'qwen2', 'qwen2-sharded', 'qwen3', 'qwen3-untied'] as const)(
    'of %s in f32 computes the same to the last bit',
    async (name) => {
      const source = await sourceOf(name);
      const { again } = await exported(source, 'f32');
      expect(await logits(again)).toEqual(await logits(source));
      expect({ ...again.config, ropeScaling: null }).toEqual({
        ...source.config,
        ropeScaling: null,
        family: name === 'mistral' ? 'llama' : source.config.family,
      });
      expect(again.eosTokenIds).toEqual(source.eosTokenIds);
    },
  );

  it('brings the rotary scaling of Llama 3.1 as divisors', async () => {
    const source = await sourceOf('llama');
    expect(source.config.ropeScaling?.type).toBe('llama3');
    const file = join(folder, 'scaled.gguf');
    await exportGguf(source, file, { type: 'f32' });
    const again = await logits({ config: { ...source.config, ropeScaling: null }, format: 'gguf', files: [file] });
    (await logits(source)).forEach((value, i) => {
      expect(again[i]).toBeCloseTo(value, 4);
    });
  });

  it.each(['f16', 'bf16', 'q8_0'] as const)('in %s has its matrices in that type', async (type) => {
    const { file, again } = await exported(await loadModelSource(BASE_MODEL), type);
    const { tensors } = readGgufHeader(file);
    for (const { shape, type: stored } of tensors) expect(stored).toBe(shape.length === 1 ? 'F32' : type.toUpperCase());
    const reference = await logits(await loadModelSource(BASE_MODEL));
    const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    (await logits(again)).forEach((value, i) => {
      expect(Math.abs(value - reference[i]!)).toBeLessThan(0.02 * largest);
    });
  });

  it('keeps in f16 what q8_0 cannot hold, and says so', async () => {
    const { notes } = await exported(await sourceOf('llama-bias'), 'q8_0');
    expect(notes.join()).toMatch(/matrices have rows that are no multiple of 32 and stay in f16/);
  });
});

describe('the tokenizer in an exported file', () => {
  const {
    texts,
    tokenizers,
  }: { texts: string[]; tokenizers: Record<string, { metadata: Record<string, GgufValue> }> } = JSON.parse(
    readFileSync(new URL('../fixtures/prompt/gguf.json', import.meta.url), 'utf8'),
  );

  it.each(Object.keys(tokenizers))('is the one it was made from: %s', (name) => {
    const tokenizer = tokenizerFromGguf({ metadata: tokenizers[name]!.metadata }, name);
    const source = { name, tokenizer, eosTokenIds: [], vocabSize: tokenizer.vocabSize };
    const written = tokenizerMetadata(source, () => {});
    const metadata = Object.fromEntries(Object.entries(written).map(([key, { value }]) => [key, value]));
    const again = tokenizerFromGguf({ metadata }, name);
    for (const text of texts) {
      expect(again.encode(text, { addSpecialTokens: true })).toEqual(
        tokenizer.encode(text, { addSpecialTokens: true }),
      );
    }
  });

  it('of single characters becomes a byte-level one', async () => {
    const { tokenizer } = await loadModelSource(BASE_MODEL);
    const { again } = await exported(await loadModelSource(BASE_MODEL), 'f32');
    const text = 'a+38 b+19: 47\na=85<think>3,4</think><end>';
    expect(again.tokenizer.encode(text)).toEqual(tokenizer.encode(text));
    expect(again.tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });
});

describe('what cannot be exported', () => {
  const refused = async (change: Partial<ModelSource>, output = join(folder, 'no.gguf')) =>
    exportGguf({ ...(await loadModelSource(BASE_MODEL)), ...change }, output, { type: 'f16' });

  it('is refused by name', async () => {
    const qwen3 = { ...smallConfig, qkvBias: true };
    await expect(refused({ config: qwen3 })).rejects.toThrow('attention_bias true cannot be exported');
    await expect(refused({ format: 'gguf' })).rejects.toThrow('is a GGUF file already');
    await expect(refused({}, join(folder, 'no.bin'))).rejects.toThrow('expected a file name that ends in .gguf');
    await expect(refused({}, join(folder, 'nowhere', 'x.gguf'))).rejects.toThrow('There is no folder');
  });
});

describe('the model of a run', () => {
  it('is found in its directory', () => {
    const run = join(folder, 'run');
    mkdirSync(join(run, 'checkpoints', 'step-12'), { recursive: true });
    writeFileSync(join(run, 'config.yaml'), '');
    expect(() => modelPath(run)).toThrow(/has not finished. Its newest checkpoint is .*step-12/);
    cpSync(BASE_MODEL, join(run, 'model'), { recursive: true });
    expect(modelPath(run)).toBe(join(run, 'model'));
    expect(modelPath(BASE_MODEL)).toBe(BASE_MODEL);
    expect(modelPath('owner/name')).toBe('owner/name');
  });
});
