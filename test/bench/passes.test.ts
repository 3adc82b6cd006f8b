import { expect, test } from 'vitest';
import { rolloutPasses, updatePasses } from '../../lib/bench/passes.js';

const work = { prompts: 2, promptLength: 5, generations: 3, completionLength: 4 };

test('a rollout computes each prompt once and then feeds back every token but the last', () => {
  const lengths = [1, 4, 2, 3, 4, 1];
  const passes = rolloutPasses(work, lengths);
  // Played through token by token: a row whose next token is not its last takes part once more.
  const rows = [10];
  const headRows = [2];
  const pairs = [2 * (1 + 2 + 3 + 4 + 5)];
  let keys = 5;
  for (let left = lengths.map((length) => length - 1).filter(Boolean); left.length > 0; ) {
    keys++;
    rows.push(left.length);
    headRows.push(left.length);
    pairs.push(left.length * keys);
    left = left.map((count) => count - 1).filter(Boolean);
  }
  expect(passes).toEqual({
    rows: Int32Array.from(rows),
    headRows: Int32Array.from(headRows),
    pairs: Float64Array.from(pairs),
    backward: false,
  });
});

test('many prompts are computed in several passes', () => {
  const { rows, headRows } = rolloutPasses({ ...work, prompts: 5, promptLength: 1000 }, [1, 1, 1, 1, 1]);
  expect([...rows]).toEqual([3000, 2000]);
  expect([...headRows]).toEqual([3, 2]);
});

test('an update computes each prompt once, the completions without their last tokens, and all logits', () => {
  const lengths = [4, 4, 2, 3, 4, 1];
  // Token by token: the keys that each query sees.
  let pairs = 2 * (1 + 2 + 3 + 4 + 5);
  for (const length of lengths) for (let token = 1; token < length; token++) pairs += 5 + token;
  expect(updatePasses(work, lengths, 1)).toEqual({
    rows: Int32Array.of(2 * 5 + 18 - 6),
    headRows: Int32Array.of(18),
    pairs: Float64Array.of(pairs),
    backward: true,
  });
  const cut = updatePasses(work, lengths, 3);
  expect([...cut.rows]).toEqual([7, 7, 7]);
  expect([...cut.headRows]).toEqual([6, 6, 6]);
});
