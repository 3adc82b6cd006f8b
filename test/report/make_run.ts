/**
 * Run directories as the trainer writes them, of any size, the same for the same numbers:
 *
 *     node --import tsx test/report/make_run.ts FOLDER STEPS [ROLLOUTS]
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { ratio } from '../../lib/difflib/index.js';

export interface MadeRun {
  steps: number;
  /** Written down in each step. */
  rollouts?: number;
  settings?: Record<string, unknown>;
  /** Text that every completion contains. */
  payload?: string;
}

const EXPERT = 'Subtract 3 from both sides: 2x = 8, and so x = 4.';
const WRONG = ['Add 3 to both sides: 2x = 14.', 'Divide by 2: x + 1.5 = 5.5', 'Subtract 3: 2x = 8.', EXPERT];
const INSTANCES = 50;
const EVAL_STEPS = 10;

/** A number in [0, 1) that depends on its arguments alone. */
function noise(...seeds: number[]): number {
  let hash = 2166136261;
  for (const seed of seeds) hash = Math.imul(hash ^ (seed + 0x9e37), 16777619) ^ (hash >>> 13);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

export function makeRun(folder: string, made: MadeRun): void {
  mkdirSync(folder, { recursive: true });
  const stage = { method: 'srl', maxSteps: made.steps, batchSize: 16, autojunk: false, ...made.settings };
  const lines = Object.entries(stage).map(([key, value]) => `    ${key}: ${JSON.stringify(value)}\n`);
  writeFileSync(join(folder, 'config.yaml'), `model:\n  path: made-up\nseed: 0\nstages:\n  -\n${lines.join('')}`);
  writeFileSync(join(folder, 'environment.json'), JSON.stringify({ foothold: '0.1.0', cpu: 'none' }));
  note(folder, { event: 'begun', step: 0 });
  appendSteps(folder, made, 0, made.steps);
}

/** A line of `events.jsonl`. */
export function note(folder: string, event: object): void {
  appendFileSync(join(folder, 'events.jsonl'), `${JSON.stringify({ time: '2026-01-02T03:04:05Z', ...event })}\n`);
}

/** The steps after `from`, up to and with `to`. */
export function appendSteps(folder: string, made: MadeRun, from: number, to: number): void {
  let [metrics, samples] = ['', ''];
  for (let step = from + 1; step <= to; step++) {
    metrics += `${JSON.stringify(metricsOf(made, step))}\n`;
    for (const sample of samplesOf(made, step)) samples += `${JSON.stringify(sample)}\n`;
  }
  appendFileSync(join(folder, 'metrics.jsonl'), metrics);
  appendFileSync(join(folder, 'samples.jsonl'), samples);
}

function metricsOf({ steps }: MadeRun, step: number) {
  const progress = step / steps;
  const dropped = Math.round(20 * progress * noise(step, 4));
  return {
    step,
    stage: 0,
    method: 'srl',
    epoch: step / 100,
    num_tokens: step * 30_000,
    reward: 0.3 + 0.5 * progress + 0.1 * (noise(step, 1) - 0.5),
    reward_std: 0.1 + 0.1 * noise(step, 2),
    frac_reward_zero_std: 0.4 * progress,
    'rewards/similarity/mean': 0.4 + 0.5 * progress,
    'completions/malformed_ratio': Math.max(0, 0.3 - 0.4 * progress) * noise(step, 3),
    'completions/mean_length': 80 + 10 * noise(step, 5),
    'completions/min_length': 20,
    'completions/max_length': 120,
    'malformed/noThink': Math.round(5 * noise(step, 6)),
    'sampling/groups': 16 + dropped,
    'sampling/batch': 16,
    'sampling/dropped/allRight': dropped,
    'sampling/dropped/alike': Math.round(3 * noise(step, 7)),
    entropy: 1 - 0.7 * progress + 0.05 * noise(step, 8),
    kl: 0.02 * progress,
    grad_norm: 0.2 + 0.1 * noise(step, 9),
    loss: 1e-9 * noise(step, 10),
    learning_rate: 5e-7,
    step_time: 2 + noise(step, 11),
    tokens_per_second: 12_000 + 1000 * noise(step, 12),
    'time/rollout': 1 + 0.5 * noise(step, 13),
    'time/update': 0.8,
    ...(step % EVAL_STEPS === 0 ? { eval_reward: 0.4 + 0.4 * progress, eval_exact_match: 0.5 * progress } : {}),
  };
}

function samplesOf({ steps, rollouts = 8, payload = '' }: MadeRun, step: number) {
  const count = step % EVAL_STEPS === 0 ? rollouts + 2 : rollouts;
  return Array.from({ length: count }, (_, k) => {
    const validation = k >= rollouts;
    const quality = Math.min(3, Math.floor(4 * (0.6 * noise(step, k) + (0.5 * step) / steps)));
    const isMalformed = !validation && noise(step, k, 1) < 0.1;
    const action = WRONG[quality]! + payload;
    const thought = `I take away what stands beside 2x. ${payload}`;
    return {
      step,
      stage: 0,
      split: validation ? 'validation' : 'train',
      instance: validation ? `held:${k - rollouts}#1` : `train:${step % INSTANCES}#2`,
      prompt: `Solve 2x + 3 = 11 for x.${payload}\nStep 1: Write the equation down.`,
      completion: isMalformed ? `${thought}${action}` : `<think>${thought}</think>${action}`,
      thought: isMalformed ? null : thought,
      action: isMalformed ? null : action,
      expert: EXPERT,
      reward: isMalformed ? -1 : ratio(action, EXPERT),
      rewards: isMalformed ? {} : { similarity: ratio(action, EXPERT) },
      malformed: isMalformed ? 'noThink' : null,
      advantage: validation ? null : 2 * noise(step, k, 2) - 1,
    };
  });
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const [folder, steps, rollouts] = argv.slice(2);
  makeRun(folder!, { steps: Number(steps), rollouts: Number(rollouts ?? 8) });
}
