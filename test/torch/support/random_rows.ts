/** Batches of random tokens of `smallConfig`'s vocabulary. */
import { type Ragged, raggedFromRows } from '../../../bindings/ragged.js';
import type { GenerateRequest } from '../../../bindings/torch.js';
import { Random } from '../../difflib/generators.js';
import { smallConfig } from './policies.js';

export function randomRows(random: Random, lengths: readonly number[]): Ragged {
  return raggedFromRows(lengths.map((length) => Array.from({ length }, () => random.below(smallConfig.vocabSize))));
}

/** More rows than a step's smallest sizes, prompts and completions that cross the strides of keys, rows that end early. */
export function samplingRequest(overrides: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    prompts: randomRows(new Random(3), [3, 70, 1, 130, 17, 40, 64, 65, 9]),
    numGenerations: 3,
    maxCompletionLength: 100,
    temperature: 1,
    seed: 5,
    eosTokenIds: [2, 11],
    ...overrides,
  };
}
