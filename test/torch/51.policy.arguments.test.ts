/** What does not fit together is refused before anything is computed, with the name of the argument. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { raggedFromRows } from '../../bindings/ragged.js';
import type { GenerateRequest, Policy, TokenBatch, UpdateBatch, UpdateOptions } from '../../bindings/torch.js';
import { loadModel, updateOptions } from './support/policies.js';

let policy: Policy;
beforeAll(async () => {
  policy = await loadModel('qwen2');
});
afterAll(() => policy.dispose());

const batch: UpdateBatch = {
  prompts: raggedFromRows([[1, 2, 3], [4]]),
  groupSizes: Int32Array.of(2, 1),
  completions: raggedFromRows([[5, 6], [7], [8, 9, 10]]),
  advantages: Float64Array.of(1, -1, 0.5),
};

/** Rejections and exceptions alike: a caller awaits either. */
const attempt = (call: () => Promise<unknown>) => expect((async () => call())()).rejects;

const brokenBatches: [string, Partial<TokenBatch>, RegExp][] = [
  ['an id of the size of the vocabulary', { prompts: raggedFromRows([[1, 96, 3], [4]]) }, /96/],
  ['a negative id', { completions: raggedFromRows([[5, -1], [7], [8]]) }, /-1/],
  ['an empty prompt', { prompts: raggedFromRows([[1], []]) }, /prompt/],
  ['group sizes that do not add up', { groupSizes: Int32Array.of(2, 2) }, /groupSizes/],
  ['a group of none', { groupSizes: Int32Array.of(3, 0) }, /groupSizes/],
  ['more groups than prompts', { groupSizes: Int32Array.of(1, 1, 1) }, /groupSizes|prompts/],
  [
    'offsets that fall',
    { completions: { values: Int32Array.of(5, 6, 7, 8), offsets: Int32Array.of(0, 3, 2, 4) } },
    /completions|offsets/,
  ],
  [
    'offsets beyond the values',
    { completions: { values: Int32Array.of(5, 6, 7), offsets: Int32Array.of(0, 1, 2, 9) } },
    /completions|offsets/,
  ],
  [
    'offsets that do not begin with 0',
    { prompts: { values: Int32Array.of(1, 2, 3), offsets: Int32Array.of(1, 2, 3) } },
    /prompts|offsets/,
  ],
  ['a row longer than the model takes', { prompts: raggedFromRows([new Array(200).fill(1), [4]]) }, /128/],
];

test.each(brokenBatches)('logProbs: %s', async (_, broken, message) => {
  await attempt(() => policy.logProbs({ ...batch, ...broken }, 1)).toThrow(message);
});

test.each(brokenBatches)('update: %s', async (_, broken, message) => {
  await attempt(() => policy.update({ ...batch, ...broken }, updateOptions())).toThrow(message);
});

const brokenUpdates: [string, Partial<UpdateBatch>, Partial<UpdateOptions>, RegExp][] = [
  ['too few advantages', { advantages: Float64Array.of(1) }, {}, /advantages/],
  ['too many old log-probabilities', { oldLogProbs: new Float32Array(7) }, {}, /oldLogProbs/],
  ['too few reference log-probabilities', { refLogProbs: new Float32Array(2) }, { beta: 0.1 }, /refLogProbs/],
  ['a mask per token', { mask: new Uint8Array(6).fill(1) }, {}, /mask/],
  ['a loss that does not exist', {}, { lossType: 'ppo' as never }, /lossType.*ppo|ppo.*lossType/s],
  ['temperature 0', {}, { temperature: 0 }, /temperature/],
  ['a learning rate that is not a number', {}, { learningRate: NaN }, /learningRate/],
];

test.each(brokenUpdates)('update: %s', async (_, broken, options, message) => {
  await attempt(() => policy.update({ ...batch, ...broken }, updateOptions(options))).toThrow(message);
});

test('update without advantages', async () => {
  const { advantages: _, ...rest } = batch;
  await attempt(() => policy.update(rest, updateOptions())).toThrow(/advantages/);
});

const request: GenerateRequest = {
  prompts: raggedFromRows([[1, 2, 3], [4]]),
  numGenerations: 2,
  maxCompletionLength: 4,
  temperature: 1,
  seed: 0,
  eosTokenIds: [95],
};

test.each<[string, Partial<GenerateRequest>, RegExp]>([
  ['an id of the size of the vocabulary', { prompts: raggedFromRows([[96]]) }, /96/],
  ['an empty prompt', { prompts: raggedFromRows([[1], []]) }, /prompt/],
  ['offsets without an entry', { prompts: { values: Int32Array.of(1), offsets: new Int32Array() } }, /offsets/],
  ['no completions', { numGenerations: 0 }, /numGenerations/],
  ['completions of no length', { maxCompletionLength: 0 }, /maxCompletionLength/],
  ['a negative temperature', { temperature: -1 }, /temperature/],
  [
    'a temperature whose inverse is no float32',
    { temperature: 1e-40 },
    /temperature must be 0 \(greedy\) or from 1e-38 on/,
  ],
  ['a temperature that is not a number', { temperature: NaN }, /temperature/],
  ['an end outside the vocabulary', { eosTokenIds: [3, 96] }, /eosTokenIds|96/],
  ['top-p above 1', { topP: 1.5 }, /topP/],
  ['a negative top-k', { topK: -1 }, /topK/],
  ['min-p above 1', { minP: 1.5 }, /minP/],
  ['prompt and completion longer than the model takes', { maxCompletionLength: 126 }, /128/],
])('generate: %s', async (_, broken, message) => {
  await attempt(() => policy.generate({ ...request, ...broken })).toThrow(message);
});

test('logProbs at temperature 0', async () => {
  await attempt(() => policy.logProbs(batch, 0)).toThrow(/temperature/);
});

test('logits of no tokens, and of an id outside the vocabulary', async () => {
  await attempt(() => policy.logits(Int32Array.of())).toThrow(/token/);
  await attempt(() => policy.logits(Int32Array.of(1, 96))).toThrow(/96/);
});

test('after all these the policy still works', async () => {
  expect((await policy.logProbs(batch, 1)).length).toBe(6);
});
