/** What is sampled follows softmax(logits / temperature), cut by top-k, top-p and min-p as their papers define them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { raggedFromRows } from '../../bindings/ragged.js';
import type { GenerateRequest, Policy } from '../../bindings/torch.js';
import { chiSquare, logSoftmax } from './support/numbers.js';
import { loadModel } from './support/policies.js';

const prompt = [5, 9, 2, 77];
const draws = 20_000;

let policy: Policy;
let logits: Float32Array;
beforeAll(async () => {
  policy = await loadModel('llama');
  const { vocabSize } = policy.config;
  logits = (await policy.logits(Int32Array.from(prompt))).slice((prompt.length - 1) * vocabSize);
});
afterAll(() => policy.dispose());

/** First tokens of many completions, with the log-probability returned for each. */
async function firstTokens(overrides: Partial<GenerateRequest>) {
  const { completions, logProbs } = await policy.generate({
    prompts: raggedFromRows([prompt]),
    numGenerations: draws,
    maxCompletionLength: 1,
    temperature: 1,
    seed: 42,
    eosTokenIds: [95],
    ...overrides,
  });
  const counts = new Array<number>(policy.config.vocabSize).fill(0);
  for (const token of completions.values) counts[token]! += 1;
  return { tokens: completions.values, logProbs: logProbs.values, counts };
}

const probabilities = (temperature: number) => logSoftmax(logits, temperature).map(Math.exp);

/** Probabilities of the kept tokens made to sum to 1. */
function renormalise(all: number[], kept: (probability: number, index: number) => boolean): number[] {
  const total = all.reduce((sum, p, i) => sum + (kept(p, i) ? p : 0), 0);
  return all.map((p, i) => (kept(p, i) ? p / total : 0));
}

function rankOf(all: number[]): number[] {
  const order = all.map((_, i) => i).sort((a, b) => all[b]! - all[a]!);
  const rank = new Array<number>(all.length);
  order.forEach((token, i) => {
    rank[token] = i;
  });
  return rank;
}

function topP(all: number[], p: number): number[] {
  const rank = rankOf(all);
  // A token is kept while those above it hold less than p: the smallest set with at least p.
  const above = (i: number) => all.reduce((sum, q, j) => sum + (rank[j]! < rank[i]! ? q : 0), 0);
  return renormalise(all, (_, i) => above(i) < p);
}

/** The draws fit the distribution (four standard deviations of the statistic) and report its log-probabilities. */
async function expectDistribution(expected: number[], overrides: Partial<GenerateRequest>): Promise<void> {
  const { tokens, logProbs, counts } = await firstTokens(overrides);
  counts.forEach((count, i) => {
    if (expected[i] === 0) expect(count, `token ${i} is outside the truncated distribution`).toBe(0);
  });
  const { statistic, degrees } = chiSquare(counts, expected);
  expect(statistic).toBeLessThan(degrees + 4 * Math.sqrt(2 * degrees));
  tokens.slice(0, 200).forEach((token, i) => {
    expect(Math.abs(logProbs[i]! - Math.log(expected[token]!))).toBeLessThan(1e-5);
  });
}

test.each([1, 0.7, 1.5])('temperature %d', async (temperature) => {
  await expectDistribution(probabilities(temperature), { temperature });
});

test('top-k keeps the k most probable tokens', async () => {
  const all = probabilities(1);
  const rank = rankOf(all);
  await expectDistribution(
    renormalise(all, (_, i) => rank[i]! < 10),
    { topK: 10 },
  );
});

test('top-p keeps the smallest set of tokens that holds at least p', async () => {
  await expectDistribution(topP(probabilities(0.8), 0.7), { temperature: 0.8, topP: 0.7 });
});

test('min-p keeps the tokens at least p times as probable as the best', async () => {
  const all = probabilities(1);
  const floor = 0.2 * Math.max(...all);
  await expectDistribution(
    renormalise(all, (p) => p >= floor),
    { minP: 0.2 },
  );
});

test('tokens of very low probability are drawn as often as they should be', async () => {
  const { counts } = await firstTokens({ numGenerations: 200_000, temperature: 1 });
  const all = probabilities(1);
  const rare = all.map((p, i) => ({ p, i })).filter(({ p }) => p < 1e-3);
  const expected = 200_000 * rare.reduce((sum, { p }) => sum + p, 0);
  const seen = rare.reduce((sum, { i }) => sum + counts[i]!, 0);
  expect(expected).toBeGreaterThan(100);
  expect(Math.abs(seen - expected)).toBeLessThan(5 * Math.sqrt(expected));
});
