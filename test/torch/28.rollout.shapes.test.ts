/** Head counts, head widths and lengths that do not fit the kernels' tiles: the sampler still agrees with the trainer. */
import { expect, test } from 'vitest';
import { raggedFromRows, raggedRow } from '../../bindings/ragged.js';
import type { ModelConfig, Policy } from '../../bindings/torch.js';
import { difference } from './support/numbers.js';
import { randomPolicy, smallConfig } from './support/policies.js';

const shapes: [string, Partial<ModelConfig>][] = [
  ['one query head to a key head', { numHeads: 3, numKvHeads: 3, headDim: 10 }],
  ['three to one, as SmolLM2', { numHeads: 9, numKvHeads: 3, headDim: 12 }],
  ['seven to one, as Qwen2.5-7B', { numHeads: 7, numKvHeads: 1, headDim: 20 }],
  ['five to one, wide heads', { numHeads: 5, numKvHeads: 1, headDim: 130 }],
  ['heads of two', { numHeads: 2, numKvHeads: 1, headDim: 2 }],
];

const row = (length: number, seed: number) => Array.from({ length }, (_, t) => (t * t * 7 + t * 3 + seed) % 31);

async function expectAgreement(policy: Policy, prompts: number[][], maxCompletionLength: number): Promise<void> {
  const numGenerations = 5;
  const request = { prompts: raggedFromRows(prompts), numGenerations, maxCompletionLength, seed: 4, eosTokenIds: [30] };
  const groupSizes = new Int32Array(prompts.length).fill(numGenerations);
  const { completions, logProbs } = await policy.generate({ ...request, temperature: 0.9 });
  const recomputed = await policy.logProbs({ prompts: request.prompts, groupSizes, completions }, 0.9);
  expect(difference(logProbs.values, recomputed)).toBeLessThan(1e-4);

  const greedy = await policy.generate({ ...request, temperature: 0 });
  const completion = raggedRow(greedy.completions, 0);
  const logits = await policy.logits(Int32Array.of(...prompts[0]!, ...completion));
  const { vocabSize } = policy.config;
  completion.forEach((token, t) => {
    const position = prompts[0]!.length + t - 1;
    const here = logits.subarray(position * vocabSize, (position + 1) * vocabSize);
    expect(Math.max(...here) - here[token]!).toBeLessThan(1e-4);
  });
}

test.each(shapes)('%s', async (_, shape) => {
  const policy = await randomPolicy({ ...smallConfig, ...shape });
  await expectAgreement(policy, [row(5, 1), row(1, 2), row(17, 3)], 24);
  policy.dispose();
});

test('prompts and completions of hundreds of tokens', async () => {
  const policy = await randomPolicy({ ...smallConfig, maxPositions: 4096 });
  await expectAgreement(policy, [row(2500, 1), row(33, 2)], 300);
  policy.dispose();
});
