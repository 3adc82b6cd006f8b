/** The log-probabilities the sampler returns are those the trainer computes: of the distribution that was sampled. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { raggedFromRows, raggedRow } from '../../bindings/ragged.js';
import type { GenerateRequest, Policy } from '../../bindings/torch.js';
import { modelNames } from './support/fixtures.js';
import { difference, logSoftmax } from './support/numbers.js';
import { loadModel } from './support/policies.js';

const prompts = raggedFromRows([[5, 9, 2], [40, 41, 42, 43, 44, 45, 46, 47], [17]]);

function request(overrides: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    prompts,
    numGenerations: 3,
    maxCompletionLength: 12,
    temperature: 1,
    seed: 9,
    eosTokenIds: [7, 33],
    ...overrides,
  };
}

test.each(modelNames)('%s: sampler and trainer agree at temperature 0.8', async (name) => {
  const policy = await loadModel(name);
  const { completions, logProbs } = await policy.generate(request({ temperature: 0.8 }));
  const groupSizes = Int32Array.of(3, 3, 3);
  const recomputed = await policy.logProbs({ prompts, groupSizes, completions }, 0.8);
  expect(difference(logProbs.values, recomputed)).toBeLessThan(1e-5);
  policy.dispose();
});

test('in bfloat16 they differ by rounding only', async () => {
  const coarse = await loadModel('qwen3', 'bfloat16');
  const { completions, logProbs } = await coarse.generate(request());
  const recomputed = await coarse.logProbs({ prompts, groupSizes: Int32Array.of(3, 3, 3), completions }, 1);
  const errors = Array.from(recomputed, (value, i) => Math.abs(value - logProbs.values[i]!));
  expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.03);
  coarse.dispose();
});

let policy: Policy;
beforeAll(async () => {
  policy = await loadModel('qwen2');
});
afterAll(() => policy.dispose());

test('they are those of the logits, divided by the temperature', async () => {
  const { completions, logProbs } = await policy.generate(request({ temperature: 0.6, numGenerations: 1 }));
  const { vocabSize } = policy.config;
  for (let i = 0; i < 3; i++) {
    const prompt = raggedRow(prompts, i);
    const completion = raggedRow(completions, i);
    const logits = await policy.logits(Int32Array.of(...prompt, ...completion));
    const expected = Array.from(completion, (token, t) => {
      const position = prompt.length + t - 1;
      return logSoftmax(logits.subarray(position * vocabSize, (position + 1) * vocabSize), 0.6)[token]!;
    });
    expect(difference(raggedRow(logProbs, i), expected)).toBeLessThan(1e-5);
  }
});

test('with top-k 1 nothing else can be drawn: every log-probability is 0', async () => {
  const { completions, logProbs } = await policy.generate(request({ topK: 1 }));
  const greedy = await policy.generate(request({ temperature: 0 }));
  expect(completions).toEqual(greedy.completions);
  expect(difference(logProbs.values, new Float32Array(logProbs.values.length))).toBeLessThan(1e-6);
});
