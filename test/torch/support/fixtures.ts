/** Reads what scripts/fixtures/*.py wrote: models with their logits, batches with their losses. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../bindings/load.js';
import { raggedFromRows } from '../../../bindings/ragged.js';
import type { ModelConfig, UpdateBatch, UpdateOptions } from '../../../bindings/torch.js';

/** A float32 tensor in JSON: base64 of its little-endian bytes. */
export interface EncodedTensor {
  shape: number[];
  data: string;
}

export interface ModelFixture {
  config: ModelConfig;
  files: string[];
  parameterCount: number;
  tokens: number[];
  logits: EncodedTensor;
  greedy: { prompt: number[]; continuation: number[] }[];
}

export interface BatchFixture {
  prompts: number[][];
  groupSizes: number[];
  completions: number[][];
  advantages: number[];
  mask: number[];
  oldLogProbs?: EncodedTensor;
  refLogProbs?: EncodedTensor;
}

export type LossOptions = Pick<
  UpdateOptions,
  'lossType' | 'epsilonLow' | 'epsilonHigh' | 'beta' | 'temperature' | 'maxCompletionLength'
>;

export interface UpdateCase {
  name: string;
  options: LossOptions;
  batch: BatchFixture;
  logProbs: EncodedTensor;
  metrics: Record<'loss' | 'entropy' | 'kl' | 'clipRatioLow' | 'clipRatioHigh' | 'numTokens' | 'gradNorm', number>;
  gradients: Record<string, EncodedTensor>;
}

/** Names of the models under test/fixtures/model: every family, tied and untied, float32, bfloat16 and float16 files. */
export const modelNames = [
  'llama',
  'llama-bias',
  'mistral',
  'qwen2',
  'qwen2-sharded',
  'qwen3',
  'qwen3-untied',
] as const;
export type ModelName = (typeof modelNames)[number];

export function fixturePath(...parts: string[]): string {
  return join(packageRoot, 'test', 'fixtures', ...parts);
}

export function readFixture<T>(...parts: string[]): T {
  return JSON.parse(readFileSync(fixturePath(...parts), 'utf8')) as T;
}

export function decode(tensor: EncodedTensor): Float32Array {
  const bytes = Buffer.from(tensor.data, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

export function updateCases(): UpdateCase[] {
  return readFixture<{ cases: UpdateCase[] }>('train', 'update.json').cases;
}

export function updateCase(name: string): UpdateCase {
  const found = updateCases().find((item) => item.name === name);
  if (!found) throw new Error(`train/update.json has no case "${name}"`);
  return found;
}

export function toBatch(fixture: BatchFixture): UpdateBatch {
  return {
    prompts: raggedFromRows(fixture.prompts),
    groupSizes: Int32Array.from(fixture.groupSizes),
    completions: raggedFromRows(fixture.completions),
    advantages: Float64Array.from(fixture.advantages),
    mask: Uint8Array.from(fixture.mask),
    ...(fixture.oldLogProbs && { oldLogProbs: decode(fixture.oldLogProbs) }),
    ...(fixture.refLogProbs && { refLogProbs: decode(fixture.refLogProbs) }),
  };
}
