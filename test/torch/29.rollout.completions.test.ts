/** Completions are told of as they end, while others are still being sampled; the result does not depend on it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { raggedFromRows, raggedRow } from '../../bindings/ragged.js';
import { type EndedRollouts, Policy, type Rollouts } from '../../bindings/torch.js';
import { smallConfig } from './support/policies.js';

// The model is so small that a second thread only waits for the first.
process.env.OMP_NUM_THREADS = '1';

let policy: Policy;
beforeAll(async () => {
  const config = { ...smallConfig, maxPositions: 4096 };
  policy = await Policy.random(config, { device: 'cpu', dtype: 'float32', seed: 1 });
});
afterAll(() => policy.dispose());

/** One id in 31 ends a row: some end at once, others after hundreds of tokens. At most four run at once. */
const request = {
  prompts: raggedFromRows([[1, 2, 3], [4], [5, 6]]),
  numGenerations: 500,
  maxCompletionLength: 400,
  maxBatchedTokens: 1600,
  temperature: 1,
  seed: 5,
  eosTokenIds: [7],
};

function rowOf({ completions, logProbs, finished }: Rollouts, i: number) {
  return { ids: [...raggedRow(completions, i)], logProbs: [...raggedRow(logProbs, i)], finished: finished[i] };
}

test('each at most once, as in the result, before the others are done, and no more often than ten times a second', async () => {
  const expected = await policy.generate(request);
  const batches: EndedRollouts[] = [];
  let done = 0;
  const started = performance.now();
  const result = await policy.generate(request, {
    onCompletions: (ended) => batches.push(ended),
    onProgress: (progress) => {
      done = progress.done;
    },
  });
  expect(result).toEqual(expected);
  const seconds = (performance.now() - started) / 1000;
  const rows = batches.flatMap((batch) => [...batch.rows]);
  expect(rows.length).toBeGreaterThan(10);
  expect(new Set(rows).size).toBe(rows.length);
  expect(batches.length).toBeLessThanOrEqual(1 + 10 * seconds);
  expect(done).toBeGreaterThan(rows.length);
  for (const batch of batches) {
    expect(batch.rows.length).toBeGreaterThan(0);
    batch.rows.forEach((row, i) => {
      expect(rowOf(batch, i)).toEqual(rowOf(result, row));
    });
  }
});

test('what a listener throws ends the call and is its error', async () => {
  const error = new Error('cannot be scored');
  let calls = 0;
  const failing = () => {
    calls++;
    throw error;
  };
  await expect(policy.generate(request, { onCompletions: failing })).rejects.toBe(error);
  await expect(policy.generate({ ...request, eosTokenIds: [] }, { onProgress: failing })).rejects.toBe(error);
  expect(calls).toBe(2);
  expect((await policy.generate({ ...request, maxCompletionLength: 2 })).finished).toHaveLength(1500);
});

test('a call aborted from a listener ends with the reason and tells of nothing more', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  let calls = 0;
  const onCompletions = () => {
    calls++;
    controller.abort(reason);
  };
  await expect(policy.generate(request, { signal: controller.signal, onCompletions })).rejects.toBe(reason);
  expect(calls).toBe(1);
});

test('without prompts there is nothing to tell', async () => {
  const onCompletions = () => expect.unreachable();
  const { finished } = await policy.generate({ ...request, prompts: raggedFromRows([]) }, { onCompletions });
  expect(finished).toHaveLength(0);
});
