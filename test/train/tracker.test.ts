import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { defineConfig, type RunInput } from '../../lib/config/index.js';
import { type RunEnd, type RunStart, type StepRecord, type Tracker, Trainer, train } from '../../lib/train/index.js';
import { Trackers } from '../../lib/train/tracker.js';
import { fakeEngine } from './fake_policy.js';
import { tinyRun, tokenizer } from './tiny_run.js';

const ten = Array.from({ length: 10 }, () => 'a');

/** A tracker that remembers what it is told. */
function recorder() {
  const starts: RunStart[] = [];
  const steps: StepRecord[] = [];
  const ends: RunEnd[] = [];
  const tracker: Tracker = {
    name: 'recorder',
    start: (run) => starts.push(run),
    step: (record) => steps.push(record),
    end: (end) => ends.push(end),
  };
  return { starts, steps, ends, tracker };
}

describe('a tracker', () => {
  it('gets the configuration, each step with its samples, and the result', async () => {
    const { config, output } = await tinyRun(ten, { logCompletions: 3 });
    const { starts, steps, ends, tracker } = recorder();
    const seen: StepRecord[] = [];
    const options = {
      engine: fakeEngine(tokenizer),
      trackers: [tracker],
      onStep: (step: StepRecord) => seen.push(step),
    };
    const result = await train(config as unknown as RunInput, options);
    expect(starts).toEqual([{ config: defineConfig(config as unknown as RunInput), output, resumedFrom: null }]);
    expect(steps).toEqual(seen);
    expect(steps.map(({ step, samples }) => [step, samples.length])).toEqual([1, 2, 3, 4].map((step) => [step, 3]));
    expect(steps[0]!.metrics).toMatchObject({ step: 1, method: 'srl', reward: expect.any(Number) });
    expect(ends).toEqual([{ outcome: 'finished', result }]);
  });

  it('is told where a stopped run goes on', async () => {
    const { config } = await tinyRun(ten);
    const first = recorder();
    const options = { engine: fakeEngine(tokenizer) };
    const trainer = await Trainer.create(defineConfig(config as unknown as RunInput), {
      ...options,
      trackers: [first.tracker],
    });
    for await (const { step } of trainer) if (step === 2) trainer.stop();
    expect(first.ends).toEqual([{ outcome: 'stopped', result: trainer.result }]);

    const second = recorder();
    await train(config as unknown as RunInput, { ...options, resume: true, trackers: [second.tracker] });
    expect(second.starts[0]!.resumedFrom).toBe(2);
    expect(second.steps.map(({ step }) => step)).toEqual([3, 4]);
  });

  it('hears of a run that nobody iterates over any more, and of one that fails', async () => {
    const { config } = await tinyRun(ten);
    const left = recorder();
    const engine = fakeEngine(tokenizer);
    const trainer = await Trainer.create(defineConfig(config as unknown as RunInput), {
      engine,
      trackers: [left.tracker],
    });
    for await (const _ of trainer) break;
    expect(left.ends).toEqual([{ outcome: 'stopped', result: null }]);

    const broken = await tinyRun(ten, { template: 'missing.txt' });
    const failed = recorder();
    await expect(train(broken.config as unknown as RunInput, { engine, trackers: [failed.tracker] })).rejects.toThrow(
      'missing.txt',
    );
    expect(failed.ends).toEqual([{ outcome: 'failed', error: expect.any(Error) }]);
  });

  it('that throws is warned of at the 1st, 10th, … failure and keeps being told; the run is the same', async () => {
    const plain = await tinyRun(ten, { maxSteps: 12 });
    await train(plain.config as unknown as RunInput, { engine: fakeEngine(tokenizer) });
    const { config, lines } = await tinyRun(ten, { maxSteps: 12 });
    const warnings: string[] = [];
    const other = recorder();
    const bad: Tracker = {
      name: 'bad',
      start: () => Promise.reject(new Error('no network')),
      step: () => {
        throw new Error('no network');
      },
    };
    const options = { trackers: [bad, other.tracker], onWarning: (text: string) => warnings.push(text) };
    const result = await train(config as unknown as RunInput, { ...options, engine: fakeEngine(tokenizer) });
    expect(result.outcome).toBe('finished');
    expect(warnings).toEqual([
      'tracker bad: no network; the training goes on',
      'tracker bad: no network (10 times so far); the training goes on',
    ]);
    expect(other.steps).toHaveLength(12);
    const rewards = (run: typeof plain) => run.lines('metrics').map(({ reward }) => reward);
    expect(rewards({ ...plain, lines })).toEqual(rewards(plain));
  });
});

describe('slow trackers', () => {
  it('are told in order, one call at a time, and hold up the end alone', async () => {
    const told: string[] = [];
    let running = 0;
    const slow = async (what: string) => {
      expect(++running).toBe(1);
      await sleep(5);
      running--;
      told.push(what);
    };
    const tracker = { name: 'slow', step: ({ step }: StepRecord) => slow(`step ${step}`), end: () => slow('end') };
    const trackers = new Trackers([tracker], () => {});
    for (let step = 1; step <= 3; step++) {
      trackers.tell((each) => each.step?.({ step, totalSteps: 3, stage: 0, metrics: {}, samples: [] }));
    }
    expect(told).toEqual([]);
    await trackers.close({ outcome: 'stopped', result: null });
    expect(told).toEqual(['step 1', 'step 2', 'step 3', 'end']);
  });

  it('are given up when a call never ends', async () => {
    const warnings: string[] = [];
    const hung = { name: 'hung', start: () => new Promise(() => {}), end: () => expect.unreachable() };
    const trackers = new Trackers([hung], (text) => warnings.push(text), 20);
    trackers.tell((each) => each.start?.({} as RunStart));
    await sleep(30);
    await trackers.close({ outcome: 'stopped', result: null });
    expect(warnings).toEqual(['tracker hung: no answer within 0.02 s; it is told no more']);
  });
});
