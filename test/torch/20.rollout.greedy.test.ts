/** Temperature 0: the sampler with its caches continues as a model that recomputes everything would. */
import { expect, test } from 'vitest';
import { raggedFromRows, raggedRow } from '../../bindings/ragged.js';
import { modelNames } from './support/fixtures.js';
import { loadModel, modelFixture } from './support/policies.js';

test.each(modelNames)('%s continues two prompts of unequal length as transformers does', async (name) => {
  const { greedy, config } = modelFixture(name);
  const policy = await loadModel(name);
  const { completions, finished } = await policy.generate({
    prompts: raggedFromRows(greedy.map((row) => row.prompt)),
    numGenerations: 2,
    maxCompletionLength: 12,
    temperature: 0,
    seed: 0,
    eosTokenIds: [config.vocabSize - 1],
  });
  const rows = greedy.flatMap((row) => [row.continuation, row.continuation]);
  expect(rows.map((_, i) => [...raggedRow(completions, i)])).toEqual(rows);
  expect([...finished]).toEqual([0, 0, 0, 0]);
  policy.dispose();
});
