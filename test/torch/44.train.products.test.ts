/** Timing the matrix products alone: one figure a pass, and nothing about the policy changes. */
import { afterAll, expect, test } from 'vitest';
import { Policy } from '../../bindings/torch.js';
import { smallConfig, updateOptions } from './support/policies.js';

const create = () => Policy.random(smallConfig, { device: 'cpu', dtype: 'float32', seed: 3 });
const policy = await create();
afterAll(() => policy.dispose());

const batch = {
  prompts: { values: Int32Array.of(1, 2, 3), offsets: Int32Array.of(0, 3) },
  groupSizes: Int32Array.of(2),
  completions: { values: Int32Array.of(4, 5, 6, 7), offsets: Int32Array.of(0, 2, 4) },
  advantages: Float64Array.of(1, -1),
};

test.each([false, true])('gives the seconds of each pass, backward %s', async (backward) => {
  const seconds = await policy.timeProducts({
    rows: Int32Array.of(9, 1, 700),
    headRows: Int32Array.of(2, 1, 600),
    pairs: Float64Array.of(0, 9, 200_000),
    backward,
  });
  expect(seconds).toHaveLength(3);
  expect(seconds.every((value) => value > 0 && value < 10)).toBe(true);
});

test('the next update is the one it would have been', async () => {
  const other = await create();
  await policy.timeProducts({
    rows: Int32Array.of(4),
    headRows: Int32Array.of(9),
    pairs: Float64Array.of(9),
    backward: true,
  });
  for (const one of [policy, other]) await one.update(batch, updateOptions());
  const name = 'model.layers.0.mlp.down_proj.weight';
  expect(await policy.parameter(name)).toEqual(await other.parameter(name));
  other.dispose();
});

test.each([
  [{ headRows: Int32Array.of(1, 1) }, 'one entry per pass each'],
  [{ pairs: Float64Array.of(1, 1) }, 'one entry per pass each'],
  [{ rows: Int32Array.of(0) }, 'at least 1 each'],
  [{ headRows: Int32Array.of(-1) }, 'at least 1 each'],
  [{ pairs: Float64Array.of(-1) }, 'from 0 to 1e15'],
])('refuses %j', async (passes, message) => {
  const one = { rows: Int32Array.of(1), headRows: Int32Array.of(1), pairs: Float64Array.of(1) };
  await expect(policy.timeProducts({ ...one, ...passes, backward: false })).rejects.toThrow(message);
});
