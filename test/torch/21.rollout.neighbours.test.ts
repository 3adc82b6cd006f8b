/** A completion depends on its prompt, the seed and its row index: not on its neighbours or on how rows are scheduled. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ragged, raggedFromRows, raggedRow } from '../../bindings/ragged.js';
import type { GenerateRequest, Policy, Rollouts } from '../../bindings/torch.js';
import { loadModel } from './support/policies.js';

let policy: Policy;
beforeAll(async () => {
  policy = await loadModel('qwen2');
});
afterAll(() => policy.dispose());

const prompts = [[5, 9, 2], [40, 41, 42, 43, 44, 45, 46, 47], [17], [60, 3, 60, 3, 60]];

function request(rows: number[][], overrides: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    prompts: raggedFromRows(rows),
    numGenerations: 4,
    maxCompletionLength: 16,
    temperature: 1,
    seed: 123,
    eosTokenIds: [7, 33, 95],
    ...overrides,
  };
}

function rowsOf(rollouts: Rollouts): number[][] {
  const completions: Ragged = rollouts.completions;
  return Array.from({ length: completions.offsets.length - 1 }, (_, i) => [...raggedRow(completions, i)]);
}

test('rows end at different lengths, so that scheduling has something to do', async () => {
  const lengths = new Set(rowsOf(await policy.generate(request(prompts))).map((row) => row.length));
  expect(lengths.size).toBeGreaterThan(3);
});

test('other prompts after it do not change a row', async () => {
  const all = rowsOf(await policy.generate(request(prompts)));
  const alone = rowsOf(await policy.generate(request(prompts.slice(0, 1))));
  const others = rowsOf(await policy.generate(request([prompts[0]!, [1], [2, 3]])));
  expect(alone).toEqual(all.slice(0, 4));
  expect(others.slice(0, 4)).toEqual(all.slice(0, 4));
});

test('another prompt before it does not change a row', async () => {
  const first = rowsOf(await policy.generate(request(prompts)));
  const second = rowsOf(await policy.generate(request([[8, 8, 8, 8, 8, 8], ...prompts.slice(1)])));
  expect(second.slice(4)).toEqual(first.slice(4));
  expect(second.slice(0, 4)).not.toEqual(first.slice(0, 4));
});

test.each([24, 40, 64, 100])('with room for %i tokens the rows are the same', async (maxBatchedTokens) => {
  const expected = await policy.generate(request(prompts));
  const rollouts = await policy.generate(request(prompts, { maxBatchedTokens }));
  expect(rowsOf(rollouts)).toEqual(rowsOf(expected));
  expect(rollouts.finished).toEqual(expected.finished);
});

test('without room for a whole row the rows go one by one', async () => {
  const expected = rowsOf(await policy.generate(request(prompts)));
  expect(rowsOf(await policy.generate(request(prompts, { maxBatchedTokens: 1 })))).toEqual(expected);
});
