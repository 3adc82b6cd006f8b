/** Progress counts completion tokens up to a known bound, while the main thread stays free. */
import { expect, test } from 'vitest';
import { raggedFromRows } from '../../bindings/ragged.js';
import { Policy } from '../../bindings/torch.js';
import { smallConfig } from './support/policies.js';

test('done never falls and never passes the total', async () => {
  const config = { ...smallConfig, maxPositions: 2048 };
  const policy = await Policy.random(config, { device: 'cpu', dtype: 'float32', seed: 1 });
  const reports: { done: number; total: number }[] = [];
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
  }, 1);
  const { completions } = await policy.generate(
    {
      prompts: raggedFromRows([[1, 2], [3]]),
      numGenerations: 8,
      maxCompletionLength: 400,
      temperature: 1,
      seed: 0,
      eosTokenIds: [],
    },
    { onProgress: (progress) => reports.push(progress) },
  );
  clearInterval(timer);
  expect(completions.values).toHaveLength(2 * 8 * 400);
  expect(reports.length).toBeGreaterThan(0);
  expect(ticks).toBeGreaterThan(2);
  let last = 0;
  for (const { done, total } of reports) {
    expect(total).toBe(2 * 8 * 400);
    expect(done).toBeGreaterThanOrEqual(last);
    expect(done).toBeLessThanOrEqual(total);
    last = done;
  }
  policy.dispose();
});
