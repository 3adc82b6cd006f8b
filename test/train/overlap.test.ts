/** Rewards are computed while completions are still being sampled, prompts rendered before their turn: with the same results. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { raggedSelect } from '../../bindings/ragged.js';
import type { GenerateOptions, GenerateRequest, Rollouts } from '../../bindings/torch.js';
import type { RunInput } from '../../lib/config/index.js';
import type { Instance } from '../../lib/data/instance.js';
import type { RewardFunction, Scorer } from '../../lib/reward/index.js';
import { type TrainOptions, train as trainTyped } from '../../lib/train/index.js';
import { deriveSeed, permutation } from '../../lib/train/random.js';
import { type RenderedInstance, Renderer } from '../../lib/train/render.js';
import { rollOutAndScore } from '../../lib/train/reward.js';
import { FakePolicy, fakeEngine, letters } from './fake_policy.js';
import { modelConfig, timeless, tinyRun, tokenizer } from './tiny_run.js';

const train = (config: object, options: TrainOptions) => trainTyped(config as RunInput, options);
const many = (n: number) => Array.from({ length: n }, () => 'a');
/** Between two batches of completions: what sampling waits for. */
type Pause = (signal: AbortSignal | undefined) => Promise<unknown>;

/** Tells of the rows of a result in a random order, in batches, all but the last three. */
function tellingEarly(generate: FakePolicy['generate'], pause: Pause) {
  return async (request: GenerateRequest, call: GenerateOptions = {}): Promise<Rollouts> => {
    const rollouts = await generate(request, call);
    const order = permutation(rollouts.finished.length, deriveSeed(request.seed)).slice(0, -3);
    for (let i = 0; i < order.length; i += 2) {
      const rows = order.slice(i, i + 2);
      call.onCompletions?.({
        rows,
        completions: raggedSelect(rollouts.completions, [...rows]),
        logProbs: raggedSelect(rollouts.logProbs, [...rows]),
        finished: Uint8Array.from(rows, (row) => rollouts.finished[row]!),
      });
      await pause(call.signal);
      call.signal?.throwIfAborted();
    }
    return rollouts;
  };
}

function earlyEngine(pause: Pause = () => sleep(1)) {
  const engine = fakeEngine(tokenizer);
  const { load } = engine;
  engine.load = async (options) => {
    const policy = await load(options);
    policy.generate = tellingEarly(policy.generate.bind(policy), pause);
    return policy;
  };
  return engine;
}

const aborted = (signal: AbortSignal | undefined) =>
  new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));

async function runWith(reward: RewardFunction, options: TrainOptions, overrides: object = {}) {
  const run = await tinyRun(many(10), { rewards: ['own'], rewardTimeout: 60, ...overrides });
  const result = await train(run.config, { rewards: { own: reward }, ...options });
  return { ...run, result };
}

const own: RewardFunction = ({ action }) => (action === 'a' ? 1 : 0.1 + 0.2);

describe('rewards', () => {
  it('begin before sampling ends', async () => {
    let rewarded = () => {};
    const first = new Promise<void>((resolve) => {
      rewarded = resolve;
    });
    // Sampling goes on only once a reward has been asked for: it would wait for ever if that came after it.
    const reward: RewardFunction = (input) => {
      rewarded();
      return own(input);
    };
    const { result } = await runWith(reward, { engine: earlyEngine(() => first) });
    expect(result.outcome).toBe('finished');
  });

  it('slow and out of order, they leave the same metrics, samples and updates to the bit', async () => {
    const plain = fakeEngine(tokenizer);
    const overlapped = earlyEngine();
    let calls = 0;
    const slow: RewardFunction = async (input) => {
      await sleep((calls++ * 7) % 5);
      return own(input);
    };
    const expected = await runWith(own, { engine: plain }, { epsilonStd: 0.1 });
    const run = await runWith(slow, { engine: overlapped }, { epsilonStd: 0.1 });
    expect(timeless(run.lines('metrics'))).toEqual(timeless(expected.lines('metrics')));
    expect(run.lines('samples')).toEqual(expected.lines('samples'));
    expect(overlapped.policies[0]!.updates).toEqual(plain.policies[0]!.updates);
  });

  it('each completion is scored once', async () => {
    const seen = new Map<string, number>();
    const counting: RewardFunction = ({ prompt, completion }) => {
      seen.set(prompt + completion, (seen.get(prompt + completion) ?? 0) + 1);
      return 1;
    };
    const { lines } = await runWith(counting, { engine: earlyEngine() }, { epsilonStd: 0, maxSteps: 1 });
    expect([...seen.values()].reduce((sum, count) => sum + count)).toBe(2 * 4);
    expect(lines('metrics')[0]!.reward).toBe(1);
  });

  it('one that throws is a failed one, and sampling goes on', async () => {
    const warnings: string[] = [];
    const throwing: RewardFunction = () => {
      throw new Error('no');
    };
    const options = { engine: earlyEngine(), onWarning: (message: string) => warnings.push(message) };
    const { lines, result } = await runWith(throwing, options, { maxSteps: 1, maxSamplingRounds: 1 });
    expect(result.outcome).toBe('finished');
    expect(lines('metrics')[0]).toMatchObject({ 'rewards/failed': 8, 'sampling/dropped/noReward': 2 });
    expect(warnings).toContain('reward own: no');
  });

  it.each([
    ['after sampling', () => sleep(1)],
    ['during sampling', aborted],
  ])('abort while they are waited for, %s, ends the run at once', async (_, pause) => {
    const controller = new AbortController();
    const started = performance.now();
    const never: RewardFunction = () => {
      setTimeout(() => controller.abort(new Error('enough')), 50);
      return new Promise(() => {});
    };
    const { result } = await runWith(never, { engine: earlyEngine(pause), signal: controller.signal });
    expect(result).toMatchObject({ outcome: 'stopped', step: 0 });
    expect(performance.now() - started).toBeLessThan(30_000); // not the 60 s of the time limit
  });
});

describe('rollOutAndScore', () => {
  const rendered = (n: number): RenderedInstance[] =>
    Array.from({ length: n }, (_, i) => ({
      instance: { id: `${i}`, trajectoryId: 'p', step: 1, numSteps: 1, problem: 'p', context: [], target: 'a' },
      prompt: 'p',
      promptIds: Int32Array.from(tokenizer.encode('p')),
      prefilled: false,
    }));
  const sampling = { numGenerations: 4, temperature: 1, maxCompletionLength: 20 };
  const setUp = (score: Scorer['score'], pause: Pause) => {
    const policy = new FakePolicy(modelConfig, tokenizer, letters);
    policy.generate = tellingEarly(policy.generate.bind(policy), pause);
    return { policy, scorer: { score } as Scorer, tokenizer, eosTokenIds: [0] };
  };

  it('a scorer that fails ends the sampling, and its error is the one told', async () => {
    const error = new Error('out of order');
    const failing = setUp(() => Promise.reject(error), aborted);
    await expect(rollOutAndScore(failing, rendered(2), sampling, 1)).rejects.toBe(error);
  });

  it('sampling that fails ends the scoring', async () => {
    const error = new Error('out of memory');
    let ended = false;
    const run = setUp(
      async (_, signal) => {
        await aborted(signal);
        ended = true;
        throw signal!.reason;
      },
      () => Promise.reject(error),
    );
    await expect(rollOutAndScore(run, rendered(2), sampling, 1)).rejects.toBe(error);
    expect(ended).toBe(true);
  });

  it('without instances there is nothing to score', async () => {
    const run = setUp(
      () => expect.unreachable(),
      () => sleep(1),
    );
    expect(await rollOutAndScore(run, [], sampling, 1)).toEqual([]);
  });
});

describe('time', () => {
  const times = (line: Record<string, unknown> | undefined) =>
    ['time/rollout', 'time/reward', 'time/update', 'step_time'].map((name) => line![name] as number);

  it('of rewards is what remains of them after sampling', async () => {
    const slow: RewardFunction = async (input) => {
      await sleep(300);
      return own(input);
    };
    const once = { maxSteps: 1, epsilonStd: 0 };
    const after = await runWith(slow, { engine: fakeEngine(tokenizer) }, once);
    const [rollout, reward, update, whole] = times(after.lines('metrics')[0]);
    expect(reward).toBeGreaterThan(0.29);
    expect(rollout! + reward! + update!).toBeLessThanOrEqual(whole!);

    // The last three of eight are told of at the end alone, so their rewards come at once here.
    const quickAtLast: RewardFunction = async (input) => (sampled ? own(input) : slow(input));
    let sampled = false;
    let pauses = 0;
    const pause = async () => {
      if (++pauses < 3) return;
      await sleep(400);
      sampled = true;
    };
    const during = await runWith(quickAtLast, { engine: earlyEngine(pause) }, once);
    const [longRollout, shortReward] = times(during.lines('metrics')[0]);
    expect(longRollout).toBeGreaterThan(0.39);
    expect(shortReward).toBeLessThan(longRollout!);
  });

  it('of an update is told for SFT too', async () => {
    const stages = [{ method: 'sft' }, { method: 'srl' }];
    const run = await tinyRun(many(4), { method: undefined, stages, maxSteps: 1 });
    await train(run.config, { engine: fakeEngine(tokenizer) });
    expect(run.lines('metrics')[0]).toHaveProperty(['time/update'], expect.any(Number));
  });
});

describe('the renderer', () => {
  const instances = Array.from({ length: 5 }, (_, i) => ({ id: `${i}` }) as Instance);
  const counting = () => {
    const made: string[] = [];
    const make = (instance: Instance): RenderedInstance => {
      made.push(instance.id);
      return { instance, prompt: instance.id, promptIds: new Int32Array(1), prefilled: false };
    };
    return { made, renderer: new Renderer(make) };
  };

  it('makes what it prepared only once, and the rest when asked', async () => {
    const { made, renderer } = counting();
    await renderer.prepare(instances.slice(0, 3));
    expect(made).toEqual(['0', '1', '2']);
    expect(instances.map((instance) => renderer.render(instance).prompt)).toEqual(['0', '1', '2', '3', '4']);
    expect(made).toEqual(['0', '1', '2', '3', '4']);
    renderer.render(instances[0]!);
    expect(made).toHaveLength(6);
  });

  it('keeps what it is asked for again, lets go of the rest, and stops', async () => {
    const { made, renderer } = counting();
    await renderer.prepare(instances.slice(0, 2));
    await renderer.prepare(instances.slice(1, 3));
    expect(made).toEqual(['0', '1', '2']);
    renderer.render(instances[0]!);
    expect(made).toHaveLength(4);
    const overtaken = renderer.prepare(instances);
    renderer.stop();
    await overtaken;
    expect(made).toHaveLength(4);
  });

  it('leaves an error to the one who asks for the instance', async () => {
    const renderer = new Renderer((): RenderedInstance => {
      throw new Error('no such field');
    });
    await renderer.prepare(instances);
    expect(() => renderer.render(instances[0]!)).toThrow('no such field');
  });

  it('is given before each step what the next one then draws', async () => {
    const prepare = vi.spyOn(Renderer.prototype, 'prepare');
    const { lines } = await runWith(own, { engine: earlyEngine() }, { epsilonStd: 0 });
    const ids = (of: Iterable<Instance>) => Array.from(of, ({ id }) => id);
    const prepared = prepare.mock.calls.map(([of]) => ids(of)).slice(0, 3);
    const drawn = [2, 3, 4].map((step) => lines('samples').filter((sample) => sample.step === step));
    expect(prepared).toEqual(drawn.map((samples) => [...new Set(samples.map(({ instance }) => instance))]));
    prepare.mockRestore();
  });
});
