/** What a run does when loss, memory, disk or a second process get in its way. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { UpdateBatch, UpdateMetrics, UpdateOptions } from '../../bindings/torch.js';
import { defineConfig, type RunInput } from '../../lib/config/index.js';
import { Trainer, type TrainOptions, train } from '../../lib/train/index.js';
import { type FakePolicy, fakeEngine } from './fake_policy.js';
import { type TinyRun, timeless, tinyRun, tokenizer } from './tiny_run.js';

const ten = Array.from({ length: 10 }, () => 'a');
const go = (run: TinyRun, options: TrainOptions = {}, changes: object = {}) =>
  train({ ...run.config, ...changes } as unknown as RunInput, { engine: fakeEngine(tokenizer), ...options });
const checkpoints = ({ output }: TinyRun) => readdirSync(join(output, 'checkpoints')).sort();
const events = ({ output }: TinyRun) =>
  readFileSync(join(output, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

type Update = (batch: UpdateBatch, options: UpdateOptions) => Promise<UpdateMetrics>;

/** A fake engine whose policies have something done to them. */
function engineWith(change: (policy: FakePolicy) => void) {
  const engine = fakeEngine(tokenizer);
  const { load } = engine;
  engine.load = async (options) => {
    const policy = (await load(options)) as FakePolicy;
    change(policy);
    return policy;
  };
  return engine;
}

/** An engine whose updates number `bad` (from 1) have no finite loss, and change nothing. */
function nonFiniteEngine(bad: (update: number) => boolean) {
  let count = 0;
  return engineWith((policy) => {
    const update: Update = policy.update.bind(policy);
    policy.update = async (batch, options) => {
      if (!bad(++count)) return update(batch, options);
      const nothing = { entropy: 1, kl: 0, clipRatioLow: 0, clipRatioHigh: 0, numTokens: 1, numMicroBatches: 1 };
      return { ...nothing, loss: Number.NaN, gradNorm: Number.POSITIVE_INFINITY, skipped: 'nonFinite' };
    };
  });
}

describe('a loss or gradient that is not finite', () => {
  it('skips the step and is counted; the run goes on', async () => {
    const run = await tinyRun(ten, { maxSteps: 5, maxBadSteps: 2 });
    const warnings: string[] = [];
    const engine = nonFiniteEngine((update) => update === 2 || update === 4);
    const result = await go(run, { engine, onWarning: (message) => warnings.push(message) });
    expect(result).toMatchObject({ outcome: 'finished', step: 5 });
    expect(run.lines('metrics').map((line) => line['updates/skipped_non_finite'])).toEqual([0, 1, 0, 1, 0]);
    expect(run.lines('metrics')[1]).toMatchObject({ loss: null, grad_norm: null, 'updates/made': 0 });
    expect(warnings).toEqual(
      [2, 4].map((step) => expect.stringContaining(`step ${step}: loss or gradient is not finite`)),
    );
  });

  it.each(['srl', 'sft'])(
    '%s: too often in a row, it ends the run with a report and the last good weights',
    async (m) => {
      const run = await tinyRun(ten, { maxSteps: 9, maxBadSteps: 3, saveSteps: 0, method: m, epsilonStd: 0 });
      if (m === 'sft')
        for (const key of ['numGenerations', 'maxCompletionLength', 'epsilonStd']) delete run.config[key];
      const engine = nonFiniteEngine((update) => update > 2);
      const failure = await go(run, { engine }).catch((error: Error) => error);
      const report = join(run.output, 'bad-step-5.json');
      expect(failure).toMatchObject({
        code: 'FOOTHOLD_NON_FINITE',
        message: expect.stringMatching(
          /not finite in 3 steps in a row, up to step 5 .* checkpoint step-2 has the last good/,
        ),
      });
      expect((failure as Error).message).toContain(report);
      expect(checkpoints(run)).toEqual(['step-2']);
      const { step, method, updates, batch } = JSON.parse(readFileSync(report, 'utf8'));
      expect({ step, method }).toEqual({ step: 5, method: m });
      expect(updates).toEqual([expect.objectContaining({ loss: 'NaN', gradNorm: 'Infinity', skipped: 'nonFinite' })]);
      expect(batch).toHaveLength(m === 'srl' ? 8 : 2);
      expect(batch[0]).toEqual({
        instance: expect.stringMatching(/^p\d$/),
        prompt: expect.stringContaining('Problem'),
        completion: expect.stringMatching(m === 'srl' ? /^<think>t<.think>[ab]$/ : /^a$/),
        reward: m === 'srl' ? expect.any(Number) : null,
        advantage: m === 'srl' ? expect.any(Number) : null,
      });
      // With what was wrong put right, it goes on from the last good step.
      const changes = m === 'srl' ? { learningRate: 0.001 } : { learningRate: 0.001 };
      const result = await train({ ...run.config, ...changes } as unknown as RunInput, {
        engine: fakeEngine(tokenizer),
        resume: true,
        override: true,
      });
      expect(result).toMatchObject({ outcome: 'finished', step: 9 });
      expect(run.lines('metrics').map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    },
  );

  it('is counted on by a resumed run', async () => {
    const run = await tinyRun(ten, { maxSteps: 9, maxBadSteps: 3, saveSteps: 1, saveTotalLimit: 9 });
    const trainer = await Trainer.create(defineConfig(run.config as never), { engine: nonFiniteEngine((u) => u > 1) });
    for await (const { step } of trainer) if (step === 3) trainer.stop();
    await expect(go(run, { engine: nonFiniteEngine(() => true), resume: true })).rejects.toThrow(
      /3 steps in a row, up to step 4/,
    );
  });
});

describe('memory that runs out in an update', () => {
  /** An engine that has room for so many tokens. */
  const small = (room: number, limits: number[]) =>
    engineWith((policy) => {
      const update: Update = policy.update.bind(policy);
      policy.update = async (batch, options) => {
        limits.push(options.maxTokensPerMicroBatch);
        const tokens = Math.min(
          options.maxTokensPerMicroBatch,
          batch.prompts.values.length + batch.completions.values.length,
        );
        if (tokens > room) throw Object.assign(new Error('no memory'), { code: 'FOOTHOLD_OUT_OF_MEMORY' });
        return update(batch, options);
      };
    });

  it('halves the micro-batch, makes the same step, and remembers, also when it is resumed', async () => {
    const plain = await tinyRun(ten, { maxSteps: 4 });
    await go(plain);
    const run = await tinyRun(ten, { maxSteps: 4 });
    const limits: number[] = [];
    const warnings: string[] = [];
    const trainer = await Trainer.create(defineConfig(run.config as never), {
      engine: small(30, limits),
      onWarning: (message) => warnings.push(message),
    });
    for await (const { step } of trainer) if (step === 2) trainer.stop();
    expect(limits[0]).toBe(8192);
    const fits = limits.at(-1)!;
    expect(fits).toBeLessThanOrEqual(30);
    const tries = limits.length - 2;
    expect(tries).toBeGreaterThan(0);
    expect(run.lines('metrics').map((line) => line['updates/out_of_memory'])).toEqual([tries, 0]);
    expect(warnings[0]).toMatch(/micro-batches of \d+ tokens ran out of memory; from here on they have \d+/);
    expect(warnings).toHaveLength(tries);

    const resumed: number[] = [];
    await go(run, { engine: small(30, resumed), resume: true });
    expect(resumed).toEqual([fits, fits]);
    const same = (lines: Record<string, unknown>[]) => lines.map(({ 'updates/out_of_memory': _, ...line }) => line);
    expect(same(timeless(run.lines('metrics')))).toEqual(same(timeless(plain.lines('metrics'))));
  });

  it('says what to do when not even one completion fits', async () => {
    const run = await tinyRun(ten);
    await expect(go(run, { engine: small(3, []) })).rejects.toThrow(
      /Memory runs out in an update of a single prompt and completion \(\d+ tokens\): no memory\. Set gradientCheckpointing/,
    );
  });
});

describe('writing beside the training', () => {
  it('a slow disk holds up neither steps nor what is saved; one checkpoint is on its way at a time', async () => {
    const settings = { maxSteps: 5, saveSteps: 2, saveTotalLimit: 9 };
    const plain = await tinyRun(ten, settings);
    await go(plain);
    const run = await tinyRun(ten, settings);
    let [writing, most] = [0, 0];
    const savedAt: number[] = [];
    const engine = engineWith((policy) => {
      const save = policy.save.bind(policy);
      policy.save = async (files) => {
        savedAt.push(policy.updates.length);
        most = Math.max(most, ++writing);
        const saved = save(files);
        await sleep(150);
        await saved;
        writing--;
      };
    });
    const made: { step: number; whole: string[] }[] = [];
    await go(run, { engine, onStep: ({ step }) => made.push({ step, whole: checkpoints(run) }) });
    expect(made.find(({ step }) => step === 3)!.whole).not.toContain('step-2'); // made while step 2 was being written
    expect(most).toBe(1);
    expect(savedAt).toEqual([2, 4, 5]);
    for (const step of [2, 4, 5]) {
      const file = join('checkpoints', `step-${step}`, 'optimizer.safetensors');
      expect(readFileSync(join(run.output, file), 'utf8')).toBe(readFileSync(join(plain.output, file), 'utf8'));
    }
  });

  it('what goes wrong there ends the run at the next step, and says what is safe', async () => {
    const run = await tinyRun(ten, { maxSteps: 9, saveSteps: 2, saveTotalLimit: 9 });
    let saves = 0;
    const engine = engineWith((policy) => {
      const save = policy.save.bind(policy);
      policy.save = (files) => {
        if (++saves < 3) return save(files);
        return Promise.reject(Object.assign(new Error('x: Input/output error'), { code: 'FOOTHOLD_IO' }));
      };
    });
    await expect(go(run, { engine })).rejects.toThrow(
      /^x: Input\/output error\. Training stopped after step [678]\. Safe is checkpoint step-4; .* foothold train .*run --resume$/,
    );
    expect(checkpoints(run)).not.toContain('step-6');
    const result = await go(run, { resume: true });
    expect(result).toMatchObject({ outcome: 'finished', step: 9 });
    expect(checkpoints(run)).toEqual(['step-2', 'step-4', 'step-6', 'step-8', 'step-9']);
  });

  it('waits for room on a full disk, and goes on when there is some', async () => {
    const run = await tinyRun(ten, { maxSteps: 6, saveSteps: 2 });
    let full = true;
    const warnings: string[] = [];
    const engine = engineWith((policy) => {
      const save = policy.save.bind(policy);
      policy.save = (files) =>
        full ? Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' })) : save(files);
    });
    const onWarning = (message: string) => {
      warnings.push(message);
      setTimeout(() => {
        full = false;
      }, 100);
    };
    const result = await go(run, { engine, onWarning });
    expect(result).toMatchObject({ outcome: 'finished', step: 6 });
    expect(warnings).toEqual(['no space. Training waits until there is room (Ctrl-C gives up)']);
    expect(run.lines('metrics').map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('a run directory', () => {
  it('is refused to a second run while the first is at it, and free afterwards', async () => {
    const run = await tinyRun(ten);
    const first = await Trainer.create(defineConfig(run.config as never), { engine: fakeEngine(tokenizer) });
    await expect(go(run, { resume: true })).rejects.toThrow(
      new RegExp(`in use by process ${process.pid} on .+ \\(since .+\\)\\. Wait for it or stop it`),
    );
    for await (const { step } of first) if (step === 1) break;
    await expect(go(run, { resume: true })).resolves.toMatchObject({ outcome: 'finished' });
  });

  it('is freed when a run cannot begin', async () => {
    const run = await tinyRun(ten, { template: 'missing.txt' });
    await expect(go(run)).rejects.toThrow('missing.txt');
    await expect(go(run, { resume: true })).rejects.toThrow('missing.txt');
  });

  it('what writers that died have left goes when it is resumed', async () => {
    const run = await tinyRun(ten, { maxSteps: 1 });
    await go(run);
    const left = ['.step-1.old', '.step-2.partial', '..step-2.partial-Ab3x9Z', 'config.yaml.partial'];
    for (const name of left) writeFileSync(join(run.output, 'checkpoints', name), 'x');
    writeFileSync(join(run.output, 'metrics.jsonl.partial'), 'x');
    await go(run, { resume: true });
    expect(checkpoints(run)).toEqual(['step-1']);
    expect(existsSync(join(run.output, 'metrics.jsonl.partial'))).toBe(false);
  });
});

describe('override', () => {
  it('accepts changed settings, warns of them by name and writes them down', async () => {
    const run = await tinyRun(ten, { maxSteps: 2 });
    await go(run);
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const changes = { learningRate: 0.02, maxSteps: 4 };
    await go(run, { resume: true, override: true, onWarning }, changes);
    expect(warnings).toEqual(['going on with other settings:\n  stages.0.learningRate: 0.01 then, 0.02 now']);
    expect(run.lines('metrics').map(({ learning_rate }) => learning_rate)).toEqual([0.01, 0.01, 0.02, 0.02]);
    expect(parse(readFileSync(join(run.output, 'config.yaml'), 'utf8')).stages[0].learningRate).toBe(0.02);
    expect(events(run)).toContainEqual({
      time: expect.any(String),
      event: 'resumed',
      step: 2,
      changes: [{ key: 'stages.0.learningRate', before: '0.01', after: '0.02' }],
    });
    await expect(go(run, { resume: true })).rejects.toThrow('learningRate: 0.02 then, 0.01 now');
  });

  it('takes a batch that is no larger than what was kept for the next one, and goes on sampling after it', async () => {
    const run = await tinyRun(ten, { batchSize: 8, numGenerations: 2, maxSteps: 300, learningRate: 1e-9 });
    const trainer = await Trainer.create(defineConfig(run.config as unknown as RunInput), {
      engine: fakeEngine(tokenizer),
    });
    for await (const { metrics } of trainer) if ((metrics['sampling/buffered'] as number) >= 3) trainer.stop();
    const { step } = trainer.result;
    await go(run, { resume: true, override: true }, { batchSize: 2, maxSteps: step + 4 });
    const later = run.lines('metrics').slice(step);
    expect(later.map((line) => line['sampling/batch'])).toEqual([2, 2, 2, 2]);
    expect(later[0]).toMatchObject({ 'sampling/groups': 0, 'completions/min_length': null });
    expect(later.at(-1)!['sampling/groups']).toBeGreaterThan(0);
  });

  it('cannot take away the stage that the run is in', async () => {
    const stage = { method: 'srl', maxSteps: 1 };
    const run = await tinyRun(ten, { method: undefined, stages: [stage, stage] });
    await go(run);
    await expect(go(run, { resume: true, override: true }, { stages: [stage] })).rejects.toThrow(
      /The last checkpoint of .* \(step 2\) is of stage 2, the configuration has 1/,
    );
  });
});
