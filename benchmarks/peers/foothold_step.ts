/**
 * One GRPO step of Foothold on a random Qwen2-shaped model: the peer of trl_step.py; without its update the peer of
 * llama_sample.mjs. Reads a job from standard input and writes a JSON line a repetition, the first of which warms up.
 */
import { text } from 'node:stream/consumers';
import { raggedRow } from '../../bindings/ragged.js';
import { ratios } from '../../bindings/text.js';
import { computeAdvantages, Policy, type Rollouts } from '../../bindings/torch.js';
import { type ShapeName, shapes } from '../../lib/bench/shapes.js';
import { benchPrompts, benchUpdateOptions } from '../../lib/bench/work.js';
import type { Timing } from './timing.js';
import { endTokens, type PeerWork } from './works.js';

export interface Job extends PeerWork {
  shape: ShapeName;
  repetitions: number;
  threads: number;
  /** Bytes that training may take; left out, all of the machine's. */
  memory?: number;
  /** Only sample. */
  samplingOnly?: boolean;
}

const job = JSON.parse(await text(process.stdin)) as Job;
const config = shapes[job.shape];
const prompts = benchPrompts(job, config.vocabSize);
const groupSizes = new Int32Array(job.prompts).fill(job.generations);
const rows = job.prompts * job.generations;
const words = (ids: ArrayLike<number>) => Array.from(ids, (id) => `w${id}`).join(' ');
const expert = words(Array.from({ length: job.completionLength }, (_, i) => i));

const sample = (policy: Policy, seed: number) =>
  policy.generate({
    prompts,
    numGenerations: job.generations,
    maxCompletionLength: job.completionLength,
    temperature: 1,
    seed,
    eosTokenIds: endTokens(job, config.vocabSize),
  });

async function update(policy: Policy, { completions, logProbs }: Rollouts): Promise<void> {
  const actions = Array.from({ length: rows }, (_, i) => words(raggedRow(completions, i)));
  const rewards = ratios(actions, new Array(rows).fill(expert), { threads: job.threads });
  const { advantages } = computeAdvantages(rewards, groupSizes, 'group');
  const batch = { prompts, groupSizes, completions, advantages, oldLogProbs: logProbs.values };
  await policy.update(batch, benchUpdateOptions(policy, job.completionLength, job.memory));
}

async function step(policy: Policy, seed: number): Promise<Timing> {
  const begin = performance.now();
  const rollouts = await sample(policy, seed);
  const sampled = performance.now();
  if (!job.samplingOnly) await update(policy, rollouts);
  const { offsets } = rollouts.completions;
  return {
    seconds: (performance.now() - begin) / 1000,
    sampling: (sampled - begin) / 1000,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    lengths: Array.from({ length: rows }, (_, i) => offsets[i + 1]! - offsets[i]!),
  };
}

const policy = await Policy.random(config, { device: 'cpu', dtype: 'float32', seed: 0 });
for (let repetition = 0; repetition <= job.repetitions; repetition++) {
  console.log(JSON.stringify(await step(policy, repetition)));
}
policy.dispose();
