/** A row's log-probabilities are those of the row alone, whatever group it sits in and in whatever order. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Policy, UpdateBatch } from '../../bindings/torch.js';
import { perRow, selectRows } from './support/batches.js';
import { decode, toBatch, updateCase, updateCases } from './support/fixtures.js';
import { difference } from './support/numbers.js';
import { loadModel } from './support/policies.js';

let policy: Policy;
beforeAll(async () => {
  policy = await loadModel('qwen2');
});
afterAll(() => policy.dispose());

const batch = toBatch(updateCase('grpo').batch);
const reference = perRow(batch, decode(updateCase('grpo').logProbs));
const rows = reference.map((_, i) => i);

async function rowsOf(selected: UpdateBatch): Promise<Float32Array[]> {
  return perRow(selected, await policy.logProbs(selected, 1));
}

test.each(updateCases().filter(({ name }) => /^grpo$|temperature/.test(name)))(
  'as transformers: $name',
  async (item) => {
    const actual = await policy.logProbs(toBatch(item.batch), item.options.temperature);
    expect(difference(actual, decode(item.logProbs))).toBeLessThan(1e-5);
  },
);

test('each row alone', async () => {
  for (const row of rows) {
    const [alone] = await rowsOf(selectRows(batch, [row]));
    expect(difference(alone!, reference[row]!)).toBeLessThan(1e-5);
  }
});

test('groups and the rows in them in another order', async () => {
  const order = [8, 6, 7, 5, 1, 2, 0, 4, 3];
  const shuffled = await rowsOf(selectRows(batch, order));
  order.forEach((row, i) => {
    expect(difference(shuffled[i]!, reference[row]!)).toBeLessThan(1e-5);
  });
});

test('a row twice in one group', async () => {
  const [first, second] = await rowsOf(selectRows(batch, [1, 1]));
  expect(difference(first!, second!)).toBeLessThan(1e-6);
});

test('a group split in two', async () => {
  const split = await rowsOf(selectRows(batch, [5, 0, 6]));
  [5, 0, 6].forEach((row, i) => {
    expect(difference(split[i]!, reference[row]!)).toBeLessThan(1e-5);
  });
});

test('a row without tokens before all others', async () => {
  const { prompts, groupSizes, completions } = batch;
  const withEmpty = {
    prompts,
    groupSizes: groupSizes.map((size, i) => size + (i === 0 ? 1 : 0)),
    completions: { values: completions.values, offsets: Int32Array.of(0, ...completions.offsets) },
  };
  expect(difference(await policy.logProbs(withEmpty, 1), decode(updateCase('grpo').logProbs))).toBeLessThan(1e-5);
});
