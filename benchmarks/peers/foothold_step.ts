/**
 * One GRPO step of Foothold on a random Qwen2-shaped model: the peer of trl_step.py. Reads the same job from standard
 * input and writes the same lines.
 */
import { text } from 'node:stream/consumers';
import { raggedFromRows, raggedRow } from '../../bindings/ragged.js';
import { ratios } from '../../bindings/text.js';
import { computeAdvantages, type ModelConfig, Policy, type UpdateOptions } from '../../bindings/torch.js';
import type { Work } from './shapes.js';

export interface Job extends Work {
  model: ModelConfig;
  repetitions: number;
  threads: number;
}

const job = JSON.parse(await text(process.stdin)) as Job;
const options: UpdateOptions = {
  lossType: 'grpo',
  epsilonLow: 0.2,
  epsilonHigh: 0.2,
  beta: 0,
  temperature: 1,
  maxCompletionLength: job.completionLength,
  learningRate: 1e-6,
  beta1: 0.9,
  beta2: 0.999,
  adamEpsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 1,
  maxTokensPerMicroBatch: 8192,
  gradientCheckpointing: false,
};

const words = (ids: ArrayLike<number>) => Array.from(ids, (id) => `w${id}`).join(' ');
const prompts = raggedFromRows(
  Array.from({ length: job.prompts }, (_, g) =>
    Array.from({ length: job.promptLength }, (_, t) => (g * 131 + t * 7919) % job.model.vocabSize),
  ),
);
const groupSizes = new Int32Array(job.prompts).fill(job.generations);
const expert = words(Array.from({ length: job.completionLength }, (_, i) => i));

async function step(policy: Policy, seed: number): Promise<{ sampling: number; update: number }> {
  const begin = performance.now();
  const rollouts = await policy.generate({
    prompts,
    numGenerations: job.generations,
    maxCompletionLength: job.completionLength,
    temperature: 1,
    seed,
    eosTokenIds: [],
  });
  const sampled = performance.now();
  const actions = Array.from({ length: job.prompts * job.generations }, (_, i) =>
    words(raggedRow(rollouts.completions, i)),
  );
  const rewards = ratios(actions, new Array(actions.length).fill(expert), { threads: job.threads });
  const { advantages } = computeAdvantages(rewards, groupSizes, 'group');
  const { completions, logProbs } = rollouts;
  await policy.update({ prompts, groupSizes, completions, advantages, oldLogProbs: logProbs.values }, options);
  return { sampling: (sampled - begin) / 1000, update: (performance.now() - sampled) / 1000 };
}

const policy = await Policy.random(job.model, { device: 'cpu', dtype: 'float32', seed: 0 });
for (let repetition = 0; repetition <= job.repetitions; repetition++) {
  const { sampling, update } = await step(policy, repetition);
  if (repetition === 0) continue; // warms up
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ seconds: sampling + update, sampling, update, peakBytes }));
}
policy.dispose();
