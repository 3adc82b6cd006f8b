/** The trainer with the real core, on a tiny model. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { defineConfig } from '../../lib/config/index.js';
import { Trainer, train } from '../../lib/train/index.js';
import { type RealRun, realRun } from './real_run.js';
import { timeless } from './tiny_run.js';

// The model is so small that a second thread only waits for the first.
process.env.OMP_NUM_THREADS = '1';

const settings = { learningRate: 5e-3, maxPromptLength: 100, maxCompletionLength: 24, batchSize: 4, template: 'raw' };
const problems = Array.from({ length: 24 }, (_, i) => ({
  problem: `${i % 6}=`,
  target: 'abcdef'[i % 6]!,
  thought: 't',
}));
const stages = [
  { method: 'sft' as const, maxSteps: 100, batchSize: 8, learningRate: 1e-2, warmupRatio: 0.1 },
  { method: 'srl' as const, maxSteps: 8, learningRate: 2e-3, epsilonStd: 0.01 },
  { method: 'rlvr' as const, maxSteps: 3, learningRate: 2e-3, rewards: ['similarity'], beta: 0.05 },
];

const run = (overrides: object) => realRun(problems, { ...settings, ...overrides });

const weights = (output: string) => readFileSync(join(output, 'model', 'model.safetensors'));

describe('sft → srl → rlvr', () => {
  let whole: RealRun;
  beforeAll(async () => {
    whole = await run({ method: undefined, stages });
    await train(whole.config);
  }, 120_000);

  it('learns the format and the answers', () => {
    const metrics = whole.lines('metrics');
    expect(metrics).toHaveLength(111);
    expect(metrics[99]!.loss).toBeLessThan((metrics[0]!.loss as number) / 4);
    expect(metrics[107]!['completions/malformed_ratio']).toBeLessThan(0.2);
    const kl = metrics.slice(108).map((line) => line.kl as number);
    expect(kl[0]).toBeCloseTo(0, 5);
    expect(metrics.every(({ grad_norm }) => grad_norm === null || Number.isFinite(grad_norm))).toBe(true);
  });

  it.each([3, 103, 109])(
    'stopped after step %d and resumed, it is the same run to the bit',
    async (stopAt) => {
      const broken = await run({ method: undefined, stages });
      const config = defineConfig(broken.config);
      const first = await Trainer.create(config);
      for await (const { step } of first) if (step === stopAt) first.stop();
      expect(first.result).toMatchObject({ outcome: 'stopped', step: stopAt, checkpoint: stopAt });
      const second = await Trainer.create(config, { resume: true });
      for await (const _ of second);
      expect(timeless(broken.lines('metrics'))).toEqual(timeless(whole.lines('metrics')));
      expect(broken.lines('samples')).toEqual(whole.lines('samples'));
      expect(weights(broken.output).equals(weights(whole.output))).toBe(true);
    },
    120_000,
  );
});

it('a step abandoned while sampling leaves the run as it was', async () => {
  const stage = { method: 'srl' as const, maxSteps: 3, epsilonStd: 0 };
  const whole = await run(stage);
  await train(whole.config);

  const broken = await run({ ...stage, maxSteps: 3 });
  const abort = new AbortController();
  let phases = 0;
  const config = defineConfig(broken.config);
  const first = await Trainer.create(config, {
    signal: abort.signal,
    onPhase: (phase) => {
      if (phase === 'update' && ++phases === 2) setImmediate(() => abort.abort(new Error('enough')));
    },
  });
  for await (const _ of first);
  expect(first.result.outcome).toBe('stopped');
  const second = await Trainer.create(config, { resume: true });
  for await (const _ of second);
  expect(weights(broken.output).equals(weights(whole.output))).toBe(true);
});
