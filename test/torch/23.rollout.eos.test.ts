/** Every end-of-sequence id ends a row and stays in it; a row cut by the length limit says so. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { raggedFromRows, raggedLength, raggedRow } from '../../bindings/ragged.js';
import type { Policy } from '../../bindings/torch.js';
import { loadModel, modelFixture } from './support/policies.js';

let policy: Policy;
beforeAll(async () => {
  policy = await loadModel('qwen2');
});
afterAll(() => policy.dispose());

const { greedy } = modelFixture('qwen2');
const [first, second] = greedy as [(typeof greedy)[number], (typeof greedy)[number]];

function continueGreedily(eosTokenIds: number[], maxCompletionLength = 12) {
  return policy.generate({
    prompts: raggedFromRows([first.prompt, second.prompt]),
    numGenerations: 1,
    maxCompletionLength,
    temperature: 0,
    seed: 0,
    eosTokenIds,
  });
}

/** The continuation up to and including the first of the given ids. */
function until(continuation: number[], ids: number[]): number[] {
  const end = continuation.findIndex((id) => ids.includes(id));
  return end < 0 ? continuation : continuation.slice(0, end + 1);
}

test('each of several ids ends a row', async () => {
  const ids = [first.continuation[7]!, second.continuation[3]!];
  const { completions, finished } = await continueGreedily([94, ...ids]);
  expect([...raggedRow(completions, 0)]).toEqual(until(first.continuation, ids));
  expect([...raggedRow(completions, 1)]).toEqual(until(second.continuation, ids));
  expect([...finished]).toEqual([1, 1]);
});

test('a row may end on its first token', async () => {
  const { completions, finished } = await continueGreedily([first.continuation[0]!]);
  expect([...raggedRow(completions, 0)]).toEqual([first.continuation[0]]);
  expect(finished[0]).toBe(1);
});

test('an end on the last token that fits counts as an end, not as a cut', async () => {
  const id = second.continuation[3]!;
  const length = until(second.continuation, [id]).length;
  const { finished } = await continueGreedily([id], length);
  expect(finished[1]).toBe(1);
});

test('an end-of-sequence id inside the prompt ends nothing', async () => {
  const { completions } = await continueGreedily([first.prompt.find((id) => !first.continuation.includes(id))!]);
  expect([...raggedRow(completions, 0)]).toEqual(first.continuation);
});

test('sampled rows end at the first end-of-sequence id or at the limit, and the flag says which', async () => {
  const ids = [3, 20, 44, 71];
  const { completions, logProbs, finished } = await policy.generate({
    prompts: raggedFromRows([first.prompt]),
    numGenerations: 64,
    maxCompletionLength: 15,
    temperature: 1,
    seed: 5,
    eosTokenIds: ids,
  });
  expect(raggedLength(completions)).toBe(64);
  expect(logProbs.offsets).toEqual(completions.offsets);
  for (let i = 0; i < 64; i++) {
    const row = [...raggedRow(completions, i)];
    const ends = row.findIndex((id) => ids.includes(id));
    expect(row.length).toBe(finished[i] ? ends + 1 : 15);
    if (!finished[i]) expect(ends).toBe(-1);
  }
  expect(new Set(finished)).toEqual(new Set([0, 1]));
});
