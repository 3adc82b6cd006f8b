import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defineConfig as define, loadConfig, type RunInput } from '../../lib/config/index.js';
import { Trainer, type TrainOptions, train as trainTyped } from '../../lib/train/index.js';
import type { Engine } from '../../lib/train/policy.js';
import { temporaryFile } from '../data/helpers.js';
import { fakeEngine, type Script } from './fake_policy.js';
import { timeless, tinyRun, tokenizer } from './tiny_run.js';

const train = (config: object, options: TrainOptions) => trainTyped(config as RunInput, options);
const defineConfig = (config: object) => define(config as RunInput);
const many = (n: number) => Array.from({ length: n }, () => 'a');

/** Problems whose number is even are always right. */
const half: Script = (random, p, prompt) => {
  const even = Number(/Problem (\d+)/.exec(prompt)![1]) % 2 === 0;
  return { text: `<think>t</think>${even || random < p ? 'a' : 'b'}`, finished: true };
};

describe('a run', () => {
  it('leaves configuration, environment, metrics, samples, checkpoints and a model', async () => {
    const { config, output, lines } = await tinyRun(many(10), { saveSteps: 2 });
    const result = await train(config, { engine: fakeEngine(tokenizer) });
    expect(result).toMatchObject({ outcome: 'finished', step: 4, checkpoint: 4, model: join(output, 'model') });
    expect(readdirSync(output).sort()).toEqual([
      '.lock',
      'checkpoints',
      'config.yaml',
      'environment.json',
      'events.jsonl',
      'metrics.jsonl',
      'model',
      'samples.jsonl',
      'tensorboard',
    ]);
    expect(loadConfig(join(output, 'config.yaml'))).toEqual(defineConfig(config));
    expect(JSON.parse(readFileSync(join(output, 'environment.json'), 'utf8'))).toMatchObject({
      node: process.versions.node,
    });
    expect(readdirSync(join(output, 'checkpoints')).sort()).toEqual(['step-2', 'step-4']);
    const state = JSON.parse(readFileSync(join(output, 'checkpoints', 'step-4', 'state.json'), 'utf8'));
    expect(state.origin).toEqual({
      versions: { foothold: expect.any(String), node: process.versions.node },
      config: JSON.parse(JSON.stringify(defineConfig(config))),
    });
    expect(readdirSync(join(output, 'model'))).toEqual(
      expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']),
    );
    expect(existsSync(join(output, 'model', 'optimizer.safetensors'))).toBe(false);
    expect(lines('metrics').map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  });

  it('reports what on-policy training is judged by, under TRL names', async () => {
    const { config, lines } = await tinyRun(many(10));
    await train(config, { engine: fakeEngine(tokenizer) });
    for (const name of [
      'loss',
      'grad_norm',
      'advantages/std',
      'frac_reward_zero_std',
      'reward',
      'reward_std',
      'rewards/similarity/mean',
      'rewards/similarity/std',
      'completions/mean_length',
      'completions/min_length',
      'completions/max_length',
      'completions/clipped_ratio',
      'completions/mean_terminated_length',
      'completions/malformed_ratio',
      'entropy',
      'clip_ratio/low_mean',
      'clip_ratio/high_mean',
      'clip_ratio/region_mean',
      'learning_rate',
      'num_tokens',
      'step_time',
      'epoch',
    ]) {
      expect(lines('metrics')[0], name).toHaveProperty([name], expect.any(Number));
    }
  });

  it('writes samples with prompt, thought, action, expert step, reward and advantage', async () => {
    const { config, lines } = await tinyRun(many(10), { logCompletions: 4 });
    await train(config, { engine: fakeEngine(tokenizer) });
    const samples = lines('samples').filter(({ step }) => step === 1);
    expect(samples).toHaveLength(4);
    for (const sample of samples) {
      expect(sample).toMatchObject({ thought: 't', expert: 'a', stage: 0, malformed: null, split: 'train' });
      expect(sample.prompt).toContain('Problem');
      expect(sample.reward).toBe(sample.action === 'a' ? 1 : 0);
    }
  });

  it('gives the policy the token ids that were sampled, never ids of re-rendered text', async () => {
    const { config } = await tinyRun(many(10));
    const engine = fakeEngine(tokenizer, (random) => ({
      text: `<think>t</think>${random < 0.5 ? 'a' : 'b'}`,
      finished: random < 0.8,
    }));
    const generated: number[][] = [];
    const load = engine.load;
    engine.load = async (options) => {
      const policy = await load(options);
      const generate = policy.generate.bind(policy);
      policy.generate = async (request, call) => {
        const rollouts = await generate(request, call);
        // An id whose text encodes to other ids: `<unk>` is written as its letters.
        rollouts.completions.values[rollouts.completions.offsets[1]! - 1] = 3;
        for (let i = 0; i < rollouts.finished.length; i++) {
          generated.push([
            ...rollouts.completions.values.subarray(
              rollouts.completions.offsets[i]!,
              rollouts.completions.offsets[i + 1]!,
            ),
          ]);
        }
        return rollouts;
      };
      return policy;
    };
    await train(config, { engine });
    const trained = engine.policies[0]!.updates.flatMap(({ batch: { completions } }) =>
      Array.from({ length: completions.offsets.length - 1 }, (_, i) => [
        ...completions.values.subarray(completions.offsets[i]!, completions.offsets[i + 1]!),
      ]),
    );
    const known = new Set(generated.map(String));
    expect(trained.length).toBeGreaterThan(0);
    expect(trained.every((ids) => known.has(String(ids)))).toBe(true);
  });

  it('begins where one has failed before its first step, without --resume', async () => {
    const { config } = await tinyRun(many(4), { maxSteps: 1, maxPromptLength: 5 });
    await expect(train(config, { engine: fakeEngine(tokenizer) })).rejects.toThrow('No instance fits');
    const again = train({ ...config, maxPromptLength: 400 }, { engine: fakeEngine(tokenizer) });
    await expect(again).resolves.toMatchObject({ outcome: 'finished' });
  });

  it('refuses a folder that holds a run, and one that holds something else', async () => {
    const { config, folder } = await tinyRun(many(4), { maxSteps: 1 });
    const engine = fakeEngine(tokenizer);
    await train(config, { engine });
    await expect(train(config, { engine })).rejects.toThrow(/holds a run already/);
    await expect(train({ ...config, output: folder }, { engine })).rejects.toThrow(/not empty and not a run/);
  });
});

describe('dynamic sampling', () => {
  it('drops whole groups, says why, and draws until the batch is full', async () => {
    const { config, lines } = await tinyRun(many(20), { batchSize: 4, numGenerations: 8 });
    const engine = fakeEngine(tokenizer, half);
    await train(config, { engine });
    for (const { batch } of engine.policies[0]!.updates) {
      expect([...batch.groupSizes]).toEqual([8, 8, 8, 8]);
      for (let g = 0; g < 4; g++) {
        expect(new Set(batch.advantages!.slice(8 * g, 8 * g + 8)).size).toBeGreaterThan(1);
      }
    }
    const all = lines('metrics');
    expect(all.some((line) => (line['sampling/dropped/allRight'] as number) > 0)).toBe(true);
    expect(all.every((line) => line['sampling/batch'] === 4)).toBe(true);
  });

  it('keeps surplus groups for the next step, with the log-probabilities of the policy that sampled them', async () => {
    const { config, lines } = await tinyRun(many(20), { batchSize: 4, numGenerations: 8, maxSteps: 12 });
    const engine = fakeEngine(tokenizer, half);
    await train(config, { engine });
    const buffered = lines('metrics').map((line) => line['sampling/buffered'] as number);
    expect(Math.max(...buffered)).toBeGreaterThan(0);
    engine.policies[0]!.updates.forEach(({ batch }, i) => {
      expect(batch.oldLogProbs !== undefined, `step ${i + 1}`).toBe(i > 0 && buffered[i - 1]! > 0);
    });
  });

  it('gives up after a cap of rounds with a warning and goes on', async () => {
    const { config, lines } = await tinyRun(many(6), { maxSamplingRounds: 3 });
    const warnings: string[] = [];
    const engine = fakeEngine(tokenizer, () => ({ text: '<think>t</think>a', finished: true }));
    const result = await train(config, { engine, onWarning: (message) => warnings.push(message) });
    expect(result.outcome).toBe('finished');
    expect(engine.policies[0]!.updates).toHaveLength(0);
    expect(warnings[0]).toMatch(/after 3 rounds of sampling 0 of 2 instances .*allRight.*weights stay/);
    expect(lines('metrics')[0]).toMatchObject({
      'sampling/rounds': 3,
      'sampling/batch': 0,
      frac_reward_zero_std: 1,
      loss: null,
    });
  });

  it('tells all wrong, all malformed and truncated apart', async () => {
    const script: Script = (_, __, prompt) => {
      const number = Number(/Problem (\d+)/.exec(prompt)![1]);
      return [
        { text: '<think>t</think>b', finished: true },
        { text: 'b', finished: true },
        { text: '<think>tttt', finished: false },
      ][number % 3]!;
    };
    const { config, lines } = await tinyRun(many(6), { batchSize: 6, maxSteps: 1, maxSamplingRounds: 1 });
    await train(config, { engine: fakeEngine(tokenizer, script) });
    expect(lines('metrics')[0]).toMatchObject({
      'sampling/dropped/allWrong': 2,
      'sampling/dropped/allMalformed': 4,
      'malformed/noThink': 8,
      'malformed/truncated': 8,
      'completions/malformed_ratio': 16 / 24,
      'completions/clipped_ratio': 8 / 24,
    });
  });

  it('epsilonStd 0 trains on every group', async () => {
    const { config } = await tinyRun(many(6), { epsilonStd: 0 });
    const engine = fakeEngine(tokenizer, () => ({ text: '<think>t</think>a', finished: true }));
    await train(config, { engine });
    expect(engine.policies[0]!.updates).toHaveLength(4);
  });
});

describe('updates', () => {
  it('on-policy rollouts need no old log-probabilities; several updates do', async () => {
    const one = await tinyRun(many(10), { epsilonStd: 0 });
    const engine = fakeEngine(tokenizer);
    await train(one.config, { engine });
    expect(engine.policies[0]!.updates.every(({ batch }) => batch.oldLogProbs === undefined)).toBe(true);

    const several = await tinyRun(many(10), {
      epsilonStd: 0,
      batchSize: 4,
      numIterations: 2,
      numMiniBatches: 2,
      maxSteps: 1,
    });
    const second = fakeEngine(tokenizer);
    await train(several.config, { engine: second });
    const { updates } = second.policies[0]!;
    expect(updates.map(({ batch }) => batch.groupSizes.length)).toEqual([2, 2, 2, 2]);
    expect(updates.every(({ batch }) => batch.oldLogProbs?.length === batch.completions.values.length)).toBe(true);
    expect(updates[0]!.batch.completions.values).toEqual(updates[2]!.batch.completions.values);
  });

  it('masks truncated completions when asked', async () => {
    const script: Script = (random) => ({ text: '<think>t</think>a', finished: random < 0.5 });
    const { config } = await tinyRun(many(10), { epsilonStd: 0, maskTruncated: true });
    const engine = fakeEngine(tokenizer, script);
    await train(config, { engine });
    const masks = engine.policies[0]!.updates.flatMap(({ batch }) => [...batch.mask!]);
    expect(new Set(masks)).toEqual(new Set([0, 1]));
  });

  it('compares with the start of the stage when beta is not 0', async () => {
    const { config } = await tinyRun(many(10), { beta: 0.1 });
    const engine = fakeEngine(tokenizer);
    await train(config, { engine });
    const [policy, reference] = engine.policies;
    expect(reference!.p).toBe(0.5);
    expect(
      policy!.updates.every(({ batch }) => batch.refLogProbs!.every((v) => v === Math.fround(Math.log(0.5)))),
    ).toBe(true);
    expect(reference!.disposed).toBe(true);
  });

  it('leaves no thread of a reward behind when the reference or another reward cannot be loaded', async () => {
    const workers: Worker[] = [];
    const onWorker = (worker: Worker) => workers.push(worker);
    process.on('worker', onWorker);
    onTestFinished(() => void process.off('worker', onWorker));
    const reward = temporaryFile('length.mjs', 'export default ({ action }) => action.length;');
    const { config } = await tinyRun(many(10), { beta: 0.1, rewards: [reward] });
    const engine = fakeEngine(tokenizer);
    const load: Engine['load'] = async (options) => {
      if (engine.policies.length > 0) throw new Error('no room for another model');
      return engine.load(options);
    };
    await expect(train(config, { engine: { ...engine, load } })).rejects.toThrow('no room for another model');
    expect(workers.map(({ threadId }) => threadId)).toEqual([-1]); // ended
    const both = await tinyRun(many(10), { rewards: [reward, 'missing.mjs'] });
    await expect(train(both.config, { engine: fakeEngine(tokenizer) })).rejects.toThrow('missing.mjs');
    expect(workers.map(({ threadId }) => threadId)).toEqual([-1, -1]);
    expect(engine.policies.map(({ disposed }) => disposed)).toEqual([true]);
  });

  it('a reward that is NaN or throws takes its completion out and is counted', async () => {
    const { config, lines } = await tinyRun(many(10), { rewards: ['odd'], maxSteps: 2 });
    const engine = fakeEngine(tokenizer);
    let calls = 0;
    const warnings: string[] = [];
    await train(config, {
      engine,
      rewards: {
        odd: ({ action }) => {
          if (calls++ % 4 === 1) throw new Error('no judge');
          return calls % 4 === 3 ? Number.NaN : Number(action === 'a');
        },
      },
      onWarning: (message) => warnings.push(message),
    });
    expect(warnings).toContain('reward odd: no judge');
    for (const line of lines('metrics')) {
      expect(line['rewards/failed']).toBe((line['sampling/groups'] as number) * 2);
      expect(line.reward).toEqual(expect.any(Number));
    }
    for (const { batch } of engine.policies[0]!.updates) {
      expect([...batch.advantages!].every(Number.isFinite)).toBe(true);
      expect([...batch.advantages!].filter((a) => a === 0).length).toBeGreaterThanOrEqual(4);
    }
  });

  it('warns when most prompts are passed over, and counts them', async () => {
    const rows = Array.from({ length: 12 }, (_, i) => ({ problem: i % 4 === 0 ? 'x' : 'x'.repeat(30), target: 'a' }));
    const { config, lines } = await tinyRun(rows, { template: 'raw', maxPromptLength: 10, maxSteps: 2 });
    const warnings: string[] = [];
    await train(config, { engine: fakeEngine(tokenizer), onWarning: (message) => warnings.push(message) });
    expect(
      warnings.some((text) => /\d+ of the first \d+ instances are too long \(maxPromptLength 10\)/.test(text)),
    ).toBe(true);
    expect(lines('metrics')[0]!['sampling/too_long']).toBeGreaterThan(2);
  });

  it('lengths beyond the positions of the model are refused at once', async () => {
    const { config } = await tinyRun(many(4), { maxPromptLength: 1000 });
    await expect(train(config, { engine: fakeEngine(tokenizer) })).rejects.toThrow(
      /maxPromptLength \(1000\) and maxCompletionLength \(20\) together are more than the 512 positions/,
    );
  });

  it('a prompt longer than maxPromptLength is passed over; when all are, the run says so', async () => {
    const { config } = await tinyRun(many(4), { maxPromptLength: 5 });
    await expect(train(config, { engine: fakeEngine(tokenizer) })).rejects.toThrow(
      /No instance fits: every prompt is longer than maxPromptLength \(5 tokens\)/,
    );
  });

  it('one that fits is found in every epoch, in whatever order the others come', async () => {
    const { config } = await tinyRun(
      many(4).map((target, i) => ({ problem: 'p'.repeat(i === 0 ? 1 : 99), target })),
      {
        maxPromptLength: 60,
        maxSteps: 30,
        batchSize: 1,
        epsilonStd: 0,
      },
    );
    const result = await train(config, { engine: fakeEngine(tokenizer) });
    expect(result).toMatchObject({ outcome: 'finished', step: 30 });
  });
});

describe('validation', () => {
  it('comes before the first step, keeps the best checkpoint and stops by patience', async () => {
    const { config, output, lines } = await tinyRun(many(20), {
      evalSteps: 1,
      patience: 2,
      maxSteps: 50,
      saveTotalLimit: 1,
    });
    let calls = 0;
    const engine = fakeEngine(tokenizer);
    // Greedy rollouts are the validations: right at the first two, wrong ever after.
    const load = engine.load;
    engine.load = async (options) => {
      const policy = await load(options);
      const generate = policy.generate.bind(policy);
      policy.generate = async (request, call) => {
        if (request.temperature > 0) return generate(request, call);
        const rollouts = await generate(request, call);
        if (calls++ >= 2) {
          const wrong = tokenizer.idOf('b')!;
          rollouts.completions.offsets.slice(1).forEach((end) => {
            rollouts.completions.values[end - 2] = wrong;
          });
        }
        return rollouts;
      };
      return policy;
    };
    const data = { ...(config.data as object), validation: { count: 5 } };
    const result = await train({ ...config, data }, { engine });
    expect(lines('metrics').map(({ step, eval_reward }) => [step, eval_reward])).toEqual([
      [0, 1],
      [1, 1],
      [2, 0],
      [3, 0],
    ]);
    expect(result).toMatchObject({ step: 3, best: { step: 1, score: 1 } });
    expect(readdirSync(join(output, 'checkpoints')).sort()).toEqual(['step-1', 'step-3']);
    const weights = (folder: string) => readFileSync(join(output, folder, 'model.safetensors'), 'utf8');
    expect(weights('model')).toBe(weights('checkpoints/step-1'));
    expect(lines('samples').some(({ split }) => split === 'validation')).toBe(true);
  });

  it('needs something to validate on, and for the reward answer its answers', async () => {
    const run = await tinyRun(many(4));
    const held = (content: string) => {
      const validation = temporaryFile('held.jsonl', content);
      const data = { ...(run.config.data as object), validation };
      const rewards = { method: 'rlvr', unit: 'step', rewards: ['answer'], output: `${validation}.run` };
      return [validation, train({ ...run.config, data, ...rewards }, { engine: fakeEngine(tokenizer) })] as const;
    };
    const [empty, none] = held('');
    await expect(none).rejects.toThrow(`${empty} has no instance to validate on (0 rows read; none dropped)`);
    const [blank, dropped] = held('{"problem":"","target":"t"}\n');
    await expect(dropped).rejects.toThrow(`${blank} has no instance to validate on (1 rows read; 1: `);
    const [, prepared] = held('{"id":"h","problem":"p","target":"t","answer":"1","step":1,"numSteps":3}\n');
    await expect(prepared).resolves.toMatchObject({ outcome: 'finished' });
    const [other, unanswered] = held('{"id":"h","problem":"p","target":"t"}\n');
    await expect(unanswered).rejects.toThrow(`${other}: h has no answer`);
  });
});

describe('stages', () => {
  it('sft, srl and rlvr follow each other, each from a checkpoint of the one before', async () => {
    const { config, lines } = await tinyRun(many(12), { beta: 0.1, maxSteps: 2 });
    const { method, ...shared } = config;
    const engine = fakeEngine(tokenizer);
    const result = await train(
      {
        ...shared,
        stages: [{ method: 'sft' }, { method: 'srl' }, { method: 'rlvr', from: 'last', rewards: ['similarity'] }],
      },
      { engine },
    );
    expect(result).toMatchObject({ outcome: 'finished', step: 6 });
    expect(lines('metrics').map((line) => [line.step, line.method])).toEqual([
      [1, 'sft'],
      [2, 'sft'],
      [3, 'srl'],
      [4, 'srl'],
      [5, 'rlvr'],
      [6, 'rlvr'],
    ]);
    const [sft, srl, srlReference, rlvr, rlvrReference] = engine.policies;
    expect(sft!.updates[0]!.options.lossType).toBe('crossEntropy');
    expect(srl!.updates[0]!.options.lossType).toBe('grpo');
    expect(srlReference!.p).toBe(sft!.p);
    expect(rlvrReference!.p).toBe(srl!.p);
    expect(rlvr!.disposed).toBe(true);
  });

  it('sft trains on the thought where there is one, the step, and the end of sequence', async () => {
    const { config } = await tinyRun(['x=1'], { method: 'sft', batchSize: 1, maxSteps: 1 });
    const { numGenerations, maxCompletionLength, ...sft } = config;
    const engine = fakeEngine(tokenizer);
    await train(sft, { engine });
    const { completions } = engine.policies[0]!.updates[0]!.batch;
    expect([...completions.values]).toEqual([...tokenizer.encode('x=1'), 0]);
  });
});

describe('stopping', () => {
  it('stop() finishes the step, saves and says where to go on', async () => {
    const { config, output } = await tinyRun(many(10), { saveSteps: 0 });
    const trainer = await Trainer.create(defineConfig(config), { engine: fakeEngine(tokenizer) });
    for await (const { step } of trainer) if (step === 2) trainer.stop();
    expect(trainer.result).toMatchObject({ outcome: 'stopped', step: 2, checkpoint: 2, model: null });
    expect(readdirSync(join(output, 'checkpoints'))).toEqual(['step-2']);
  });

  it('a loop that was left is not gone on with in another state', async () => {
    const { config } = await tinyRun(many(10), { saveSteps: 1 });
    const trainer = await Trainer.create(defineConfig(config), { engine: fakeEngine(tokenizer) });
    for await (const { step } of trainer) if (step === 2) break;
    await expect(trainer[Symbol.asyncIterator]().next()).rejects.toThrow(
      'make it again: Trainer.create(config, { resume',
    );
    const again = await train(config, { engine: fakeEngine(tokenizer), resume: true });
    expect(again).toMatchObject({ outcome: 'finished', step: 4 });
  });

  it('abort gives up the step in progress and saves the last whole one', async () => {
    const { config, output, lines } = await tinyRun(many(10), { saveSteps: 0 });
    const engine = fakeEngine(tokenizer);
    const abort = new AbortController();
    const trainer = await Trainer.create(defineConfig(config), {
      engine,
      signal: abort.signal,
      onPhase: (phase) => {
        if (phase === 'update' && engine.policies[0]!.updates.length === 2) abort.abort(new Error('enough'));
      },
    });
    for await (const _ of trainer);
    expect(trainer.result).toMatchObject({ outcome: 'stopped', step: 2, checkpoint: 2 });
    expect(lines('metrics')).toHaveLength(2);
    expect(readdirSync(join(output, 'checkpoints'))).toEqual(['step-2']);
  });

  it('does not save weights that are half a step ahead', async () => {
    const { config, output } = await tinyRun(many(10), { saveSteps: 1, numIterations: 2 });
    const engine = fakeEngine(tokenizer);
    const abort = new AbortController();
    const load = engine.load;
    engine.load = async (options) => {
      const policy = await load(options);
      const update = policy.update.bind(policy);
      policy.update = async (batch, settings, call) => {
        if (engine.policies[0]!.updates.length === 3) abort.abort(new Error('enough'));
        return update(batch, settings, call);
      };
      return policy;
    };
    const result = await train(config, { engine, signal: abort.signal });
    expect(result).toMatchObject({ outcome: 'stopped', step: 1, checkpoint: 1 });
    expect(readdirSync(join(output, 'checkpoints'))).toEqual(['step-1']);
  });
});

describe('resuming', () => {
  it.each([
    ['srl', {}],
    ['several updates and KL', { numIterations: 2, beta: 0.1 }],
    [
      'stages',
      {
        method: undefined,
        stages: [{ method: 'sft' }, { method: 'srl' }, { method: 'rlvr', unit: 'step', rewards: ['similarity'] }],
      },
    ],
  ])('%s: stopped after any step and resumed, the run is the same', async (_, overrides) => {
    const settings = { batchSize: 3, numGenerations: 5, saveSteps: 0, ...overrides };
    const data = (config: Record<string, unknown>) => ({
      ...config,
      data: { ...(config.data as object), validation: { count: 3 } },
    });
    const straight = await tinyRun(many(11), settings);
    const whole = await train(data(straight.config), { engine: fakeEngine(tokenizer, half) });
    for (let stopAt = 1; stopAt < whole.step; stopAt++) {
      const broken = await tinyRun(many(11), settings);
      const config = defineConfig(data(broken.config));
      const first = await Trainer.create(config, { engine: fakeEngine(tokenizer, half) });
      for await (const { step } of first) if (step === stopAt) first.stop();
      const second = await Trainer.create(config, { engine: fakeEngine(tokenizer, half), resume: true });
      for await (const _step of second);
      expect(second.result).toMatchObject({ outcome: 'finished', step: whole.step });
      expect(timeless(broken.lines('metrics'))).toEqual(timeless(straight.lines('metrics')));
      expect(broken.lines('samples')).toEqual(straight.lines('samples'));
      const weights = (output: string) => readFileSync(join(output, 'model', 'model.safetensors'), 'utf8');
      expect(weights(broken.output)).toBe(weights(straight.output));
    }
  });

  it('a validation that was abandoned is made by the resumed run, and the run is the same', async () => {
    const stages = [{ method: 'srl' }, { method: 'rlvr', unit: 'step', rewards: ['similarity'] }];
    const settings = { method: undefined, stages, saveSteps: 0, evalSteps: 2 };
    const configOf = ({ config }: { config: Record<string, unknown> }) =>
      defineConfig({ ...config, data: { ...(config.data as object), validation: { count: 3 } } });
    const straight = await tinyRun(many(11), settings);
    const whole = await train(configOf(straight), { engine: fakeEngine(tokenizer, half) });
    for (let stopAt = 1; stopAt <= 6; stopAt++) {
      const broken = await tinyRun(many(11), settings);
      const config = configOf(broken);
      let validations = 0;
      const aborted = async (resume: boolean) => {
        const abort = new AbortController();
        const onPhase = (phase: string) => {
          if (phase === 'validation' && (resume || ++validations === stopAt)) abort.abort(new Error('enough'));
        };
        return train(config, { engine: fakeEngine(tokenizer, half), signal: abort.signal, onPhase, resume });
      };
      expect(await aborted(false)).toMatchObject({ outcome: 'stopped' });
      if (stopAt === 1)
        rmSync(broken.output, { recursive: true }); // nothing was made yet
      else expect(await aborted(true)).toMatchObject({ outcome: 'stopped' });
      const resumed = await train(config, { engine: fakeEngine(tokenizer, half), resume: stopAt > 1 });
      expect(resumed).toMatchObject({ outcome: 'finished', step: whole.step, best: whole.best });
      expect(timeless(broken.lines('metrics'))).toEqual(timeless(straight.lines('metrics')));
      expect(broken.lines('samples')).toEqual(straight.lines('samples'));
    }
  });

  it('refuses settings that would make it another run, and names them', async () => {
    const { config } = await tinyRun(many(10), { maxSteps: 2 });
    const engine = fakeEngine(tokenizer);
    await train(config, { engine });
    const again = (changes: object) => train({ ...config, ...changes }, { engine, resume: true });
    const refused = again({ learningRate: 1, temperature: 2, saveSteps: 7 });
    await expect(refused).rejects.toThrow('stages.0.learningRate: 0.01 then, 1 now');
    await expect(refused).rejects.toThrow('stages.0.temperature: 1 then, 2 now');
    await expect(refused).rejects.not.toThrow('saveSteps');
    await expect(again({ maxSteps: 3, saveSteps: 7 })).resolves.toMatchObject({ outcome: 'finished', step: 3 });
    await expect(again({ maxSteps: 3, lrSchedulerType: 'cosine' })).rejects.toThrow(/lrSchedulerType/);
  });

  it('lets a stage grow until it is over', async () => {
    const stages = (...steps: number[]) => steps.map((maxSteps) => ({ method: 'srl', maxSteps }));
    const { config, output } = await tinyRun(many(10), {
      method: undefined,
      maxSteps: undefined,
      stages: stages(2, 4),
    });
    const trainer = await Trainer.create(defineConfig(config), { engine: fakeEngine(tokenizer) });
    for await (const { step } of trainer) if (step === 4) trainer.stop();
    const again = (...steps: number[]) =>
      train({ ...config, stages: stages(...steps) }, { engine: fakeEngine(tokenizer), resume: true });
    await expect(again(20, 4)).rejects.toThrow('stages.0.maxSteps: 2 then, 20 now');
    expect(loadConfig(join(output, 'config.yaml')).stages[0]!.maxSteps).toBe(2);
    await expect(again(2, 3)).resolves.toMatchObject({ outcome: 'finished', step: 5 });
    await expect(again(2, 6)).resolves.toMatchObject({ outcome: 'finished', step: 8 });
  });

  it.each([
    ['a byte changed', (folder: string) => writeFileSync(join(folder, 'optimizer.safetensors'), '{"momentum":7}')],
    ['a file cut off', (folder: string) => truncateSync(join(folder, 'model.safetensors'), 3)],
    ['a file gone', (folder: string) => rmSync(join(folder, 'state.json'))],
    ['no manifest', (folder: string) => rmSync(join(folder, 'manifest.json'))],
  ])('goes back to the checkpoint before one with %s, and says so', async (_, harm) => {
    const { config, output, lines } = await tinyRun(many(10), { saveSteps: 1, maxSteps: 3 });
    await train(config, { engine: fakeEngine(tokenizer) });
    const whole = lines('metrics').map(({ reward }) => reward);
    harm(join(output, 'checkpoints', 'step-3'));
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    await train(config, { engine: fakeEngine(tokenizer), resume: true, onWarning });
    expect(warnings).toEqual([expect.stringMatching(/step-3 is damaged \(.+\); going on from the one before/)]);
    expect(lines('metrics').map(({ reward }) => reward)).toEqual(whole);
  });

  it('forgets steps made after the last checkpoint', async () => {
    const { config, lines } = await tinyRun(many(10), { saveSteps: 2, maxSteps: 5 });
    const trainer = await Trainer.create(defineConfig(config), { engine: fakeEngine(tokenizer) });
    for await (const { step } of trainer) if (step === 3) break; // dies without saving
    await train(config, { engine: fakeEngine(tokenizer), resume: true });
    expect(lines('metrics').map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
  });

  it('cuts logs after the last checkpoint, whatever a death has left there and however large they are', async () => {
    const { config, output, lines } = await tinyRun(many(10), { maxSteps: 2 });
    await train(config, { engine: fakeEngine(tokenizer) });
    const samples = lines('samples');
    const file = join(output, 'samples.jsonl');
    const long = { ...samples.at(-1)!, step: 3, completion: 'ä'.repeat(3_000_000) };
    appendFileSync(file, `${JSON.stringify(long)}\n{"step":2,"stage":0,"completion":"`);
    appendFileSync(file, Buffer.from('ä').subarray(0, 1));
    appendFileSync(join(output, 'metrics.jsonl'), '{"step":1,"stage":0}'); // whole but for the end of its line
    await train({ ...config, maxSteps: 3 }, { engine: fakeEngine(tokenizer), resume: true });
    expect(lines('samples').slice(0, samples.length)).toEqual(samples);
    expect(
      lines('samples')
        .slice(samples.length)
        .every(({ step }) => step === 3),
    ).toBe(true);
    expect(lines('metrics').map(({ step }) => step)).toEqual([1, 2, 3]);
  });
});
