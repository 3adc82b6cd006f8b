import { expect, test } from 'vitest';
import { productOperations, rolloutBytes } from '../../lib/bench/cost.js';
import { rolloutPasses, updatePasses } from '../../lib/bench/passes.js';
import { shapes } from '../../lib/bench/shapes.js';

const config = { ...shapes.tiny, hiddenSize: 8, intermediateSize: 12, numLayers: 3, vocabSize: 50 };
const model = { ...config, numHeads: 4, numKvHeads: 2, headDim: 2 };
const qkv = 8 * (4 + 2 + 2) * 2;
const rest = 8 * 4 * 2 + 3 * 8 * 12;
const work = { prompts: 2, promptLength: 5, generations: 2, completionLength: 3 };

test('operations of one token in a pass of its own, and of an update', () => {
  const one = { rows: Int32Array.of(1), headRows: Int32Array.of(1), pairs: Float64Array.of(7), backward: false };
  // Scores and outputs: 4 heads of 2, 7 keys, in 3 layers.
  const expected = 2 * (3 * (qkv + rest) + 8 * 50) + 3 * 2 * (2 * 7 * 4 * 2);
  expect(productOperations(model, one)).toBe(expected);
  expect(productOperations(model, { ...one, backward: true })).toBe(3 * expected);
});

test('the last layer ends with the rows that are wanted', () => {
  const passes = updatePasses(work, [3, 3, 3, 3], 1);
  const { rows, headRows, pairs } = passes;
  expect([rows[0], headRows[0]]).toEqual([18, 12]);
  const forward = 18 * 3 * qkv + (18 * 2 + 12) * rest + 12 * 8 * 50 + 3 * 2 * pairs[0]! * 8;
  expect(productOperations(model, passes)).toBe(3 * 2 * forward);
});

test('a rollout of n tokens reads the weights n times, and a prompt once for its group', () => {
  const weights = 3 * (qkv + rest) + 8 * 50;
  const token = 2 * 3 * 2 * 2;
  // Both prompts fit in one pass; in the last step the second group has ended.
  const lengths = [3, 1, 2, 2];
  expect(rolloutPasses(work, lengths).rows.length).toBe(3);
  const values = 3 * weights + token * (2 * 5 + 3 * 1) + token * (1 * 5 + 1 * 2);
  expect(rolloutBytes(model, 'float32', work, lengths)).toBe(4 * values);
  expect(rolloutBytes(model, 'bfloat16', work, lengths)).toBe(2 * values);
});
