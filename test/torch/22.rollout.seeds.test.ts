/** The same seed samples the same completions, another seed others, and rows of a group differ from each other. */
import { expect, test } from 'vitest';
import { raggedFromRows, raggedRow } from '../../bindings/ragged.js';
import { loadModel } from './support/policies.js';

test('a seed reproduces tokens and log-probabilities', async () => {
  const policy = await loadModel('llama');
  const generate = (seed: number) =>
    policy.generate({
      prompts: raggedFromRows([[1, 2, 3], [4]]),
      numGenerations: 3,
      maxCompletionLength: 10,
      temperature: 1,
      seed,
      eosTokenIds: [95],
    });
  const first = await generate(1);
  expect(await generate(1)).toEqual(first);
  expect((await generate(2)).completions.values).not.toEqual(first.completions.values);
  const rows = new Set([0, 1, 2, 3, 4, 5].map((i) => raggedRow(first.completions, i).join()));
  expect(rows.size).toBe(6);
  policy.dispose();
});
