/** What one repetition of a benchmark computes: groups of completions, each with its prompt. */
import { type Ragged, raggedFromRows } from '../../bindings/ragged.js';
import type { Policy, UpdateOptions } from '../../bindings/torch.js';
import { hostMemory, tokensThatFit } from '../train/memory.js';

export interface Work {
  prompts: number;
  /** Tokens of each prompt. */
  promptLength: number;
  /** Completions of each prompt. */
  generations: number;
  /** Most tokens of a completion. */
  completionLength: number;
}

/** The same prompts for every contender; token t of prompt g is (131 g + 7919 t) mod vocabulary. */
export function benchPrompts({ prompts, promptLength }: Work, vocabSize: number): Ragged {
  const row = (g: number) => Array.from({ length: promptLength }, (_, t) => (g * 131 + t * 7919) % vocabSize);
  return raggedFromRows(Array.from({ length: prompts }, (_, g) => row(g)));
}

/**
 * GRPO as the trainer's defaults have it; the learning rate is small, so that a random model stays one.
 *
 * @param memory bytes that the training may take: all of the device's unless given
 */
export function benchUpdateOptions(
  { config, parameterCount, deviceMemory }: Pick<Policy, 'config' | 'parameterCount' | 'deviceMemory'>,
  maxCompletionLength: number,
  memory = deviceMemory || hostMemory(),
): UpdateOptions {
  const gradientCheckpointing = false;
  return {
    lossType: 'grpo',
    epsilonLow: 0.2,
    epsilonHigh: 0.2,
    beta: 0,
    temperature: 1,
    maxCompletionLength,
    learningRate: 1e-6,
    beta1: 0.9,
    beta2: 0.999,
    adamEpsilon: 1e-8,
    weightDecay: 0,
    maxGradNorm: 1,
    maxTokensPerMicroBatch: tokensThatFit(config, { memory, parameters: parameterCount, gradientCheckpointing }),
    gradientCheckpointing,
  };
}
