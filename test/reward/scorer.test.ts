import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Instance } from '../../lib/data/instance.js';
import { type RewardFunction, Scorer } from '../../lib/reward/index.js';
import { temporaryFolder } from '../data/helpers.js';

const instance: Instance = {
  id: 'p#1',
  trajectoryId: 'p',
  step: 1,
  numSteps: 2,
  problem: 'How many?',
  context: [],
  target: 'abcd',
  answer: '4',
};
const settings = {
  formatRule: 'strict' as const,
  rewards: [{ reward: 'similarity', weight: 1 }],
  rewardTimeout: 1,
  autojunk: false,
  argumentOrder: 'actionExpert' as const,
};
const candidate = (completion: string, finished = true) => ({
  instance,
  prompt: 'prompt',
  completion,
  prefilled: false,
  finished,
});
const acting = (...actions: string[]) => actions.map((action) => candidate(`<think>t</think>${action}`));

const made: Scorer[] = [];
afterEach(async () => {
  await Promise.all(made.splice(0).map((scorer) => scorer.dispose()));
});
async function scorer(
  overrides: Partial<Parameters<typeof Scorer.create>[0]>,
  functions: Record<string, RewardFunction> = {},
  failures: string[] = [],
): Promise<Scorer> {
  const scorer = await Scorer.create({ ...settings, ...overrides }, functions, (message) => failures.push(message));
  made.push(scorer);
  return scorer;
}
const custom = (reward: string, weight = 1) => ({ rewards: [{ reward: `test/fixtures/reward/${reward}`, weight }] });

describe('similarity', () => {
  it('is the ratio of action and expert step; −1 when malformed', async () => {
    const scores = await (await scorer({})).score([
      ...acting('abcd', 'bcde', 'xyz'),
      candidate('abcd'),
      candidate('<think>ab', false),
    ]);
    expect(scores.map(({ reward }) => reward)).toEqual([1, 0.75, 0, -1, -1]);
    expect(scores.map(({ malformed }) => malformed)).toEqual([null, null, null, 'noThink', 'truncated']);
    expect(scores[0]).toMatchObject({ thought: 't', action: 'abcd', parts: [1] });
  });

  it('takes the arguments in either order', async () => {
    // CPython 3.11: SequenceMatcher(None, 'tide', 'diet').ratio() is 0.25, the other way round 0.5.
    const tide = { ...instance, target: 'diet' };
    const rows = [{ ...candidate('<think>t</think>tide'), instance: tide }];
    expect((await (await scorer({})).score(rows))[0]!.reward).toBe(0.25);
    expect((await (await scorer({ argumentOrder: 'expertAction' })).score(rows))[0]!.reward).toBe(0.5);
  });

  it('has autojunk as an option', async () => {
    const long = { ...instance, target: `y${'ab'.repeat(150)}` };
    const rows = [{ ...candidate(`<think>t</think>x${'ab'.repeat(150)}`), instance: long }];
    expect((await (await scorer({})).score(rows))[0]!.reward).toBeGreaterThan(0.99);
    expect((await (await scorer({ autojunk: true })).score(rows))[0]!.reward).toBe(0);
  });

  it('nothing is malformed by the lenient rule', async () => {
    const scores = await (await scorer({ formatRule: 'lenient' })).score([
      candidate('abcd'),
      candidate('<think>a</think>ab<think>b</think>cd'),
      candidate(''),
    ]);
    expect(scores.map(({ reward }) => reward)).toEqual([1, 1, 0]);
  });
});

describe('answer', () => {
  it('is 1 for the right final answer, however it is written', async () => {
    const right = await scorer({ formatRule: 'lenient', rewards: [{ reward: 'answer', weight: 1 }] });
    const texts = ['<think>2+2</think>So it is \\boxed{4}.', 'The answer is 8/2.', '#### 5', '<think>4', ''];
    expect((await right.score(texts.map((text) => candidate(text)))).map(({ reward }) => reward)).toEqual([
      1, 1, 0, 0, 0,
    ]);
  });
});

describe('several rewards', () => {
  it('are summed by weight, with the parts kept', async () => {
    const rewards = [
      { reward: 'similarity', weight: 0.5 },
      { reward: 'short', weight: 2 },
    ];
    const scores = await (await scorer({ rewards }, { short: ({ action }) => Number(action.length < 4) })).score(
      acting('abcd', 'abc'),
    );
    expect(scores[0]).toMatchObject({ reward: 0.5, parts: [1, 0] });
    expect(scores[1]!.reward).toBeCloseTo(0.5 * (6 / 7) + 2, 12);
  });

  it('one without a value leaves the completion without a reward', async () => {
    const failures: string[] = [];
    const rewards = [
      { reward: 'similarity', weight: 1 },
      { reward: 'odd', weight: 1 },
    ];
    const odd: RewardFunction = async ({ action }) => {
      if (action === 'a') throw new Error('no');
      return action === 'b' ? Number.NaN : 1;
    };
    const scores = await (await scorer({ rewards }, { odd }, failures)).score(acting('a', 'b', 'abcd'));
    expect(scores.map(({ reward }) => reward)).toEqual([Number.NaN, Number.NaN, 2]);
    expect(failures).toEqual(['reward odd: no', 'reward odd: gave NaN, not a finite number']);
  });

  it('a function that waits too long is given up', async () => {
    const failures: string[] = [];
    const hangs: RewardFunction = ({ action }) => (action === 'a' ? new Promise(() => {}) : 1);
    const rewards = [{ reward: 'hangs', weight: 1 }];
    const scores = await (await scorer({ rewards, rewardTimeout: 0.05 }, { hangs }, failures)).score(acting('a', 'b'));
    expect(scores.map(({ reward }) => reward)).toEqual([Number.NaN, 1]);
    expect(failures).toEqual(['reward hangs: no value within 0.05 s']);
  });
});

describe('a reward from a module', () => {
  it('is given prompt, completion, thought, action, expert step and row', async () => {
    expect((await (await scorer(custom('length.mjs'))).score(acting('ab')))[0]!.reward).toBe(0.5);
    expect((await (await scorer(custom('typed.ts'))).score(acting('ab')))[0]!.reward).toBe(1 + 'prompt'.length);
  });

  it('one call that never ends or waits for ever costs that call only', async () => {
    for (const name of ['endless', 'slow']) {
      const failures: string[] = [];
      const actions = Array.from({ length: 40 }, (_, i) => (i === 3 || i === 17 ? name : 'fine'));
      const scores = await (await scorer({ ...custom(`length.mjs#${name}`), rewardTimeout: 0.3 }, {}, failures)).score(
        acting(...actions),
      );
      expect(scores.map(({ reward }) => reward)).toEqual(actions.map((action) => (action === 'fine' ? 1 : Number.NaN)));
      expect(failures).toHaveLength(2);
    }
  });

  it('a throw, text for a number, or the end of the thread count as no value', async () => {
    const failures: string[] = [];
    const scores = await (await scorer(custom('length.mjs#throws'), {}, failures)).score(acting('bad', 'text', 'fine'));
    expect(scores.map(({ reward }) => reward)).toEqual([Number.NaN, Number.NaN, 0.5]);
    expect(failures[0]).toMatch(/cannot judge this/);
    const dying = await scorer(custom('length.mjs#dies'), {}, failures);
    expect((await dying.score(acting('die')))[0]!.reward).toBeNaN();
    expect((await dying.score(acting('fine')))[0]!.reward).toBe(1);
  });

  it.each([
    ['nowhere.mjs', /no built-in reward of that name and no file .*nowhere\.mjs/],
    ['broken.mjs', /Cannot load the reward .*broken\.mjs: broken at import/],
    ['length.mjs#missing', /exports no function named missing, only: default, dies/],
    ['length.mjs#notAFunction', /exports no function named notAFunction/],
  ])('%s is refused', async (name, message) => {
    await expect(scorer(custom(name))).rejects.toThrow(message);
  });
});

/** A module of this content, to be imported. */
function written(content: string): string {
  const file = join(temporaryFolder(), 'reward.mjs');
  writeFileSync(file, content);
  return file;
}
const withModule = (file: string) => ({ rewards: [{ reward: file, weight: 1 }] });

describe('a reward from a module that does not load', () => {
  it.each([
    ['ends its thread', 'process.exit(3);', /it ended its thread while it was loaded \(exit code 3\)/],
    ['waits for what never comes', 'await new Promise(() => {});', /it ended its thread while it was loaded/],
  ])('because it %s, is refused', async (_, content, message) => {
    await expect(scorer(withModule(written(content)))).rejects.toThrow(message);
  });

  it('because it computes for ever, is refused', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const refused = expect(scorer(withModule(written('for (;;);')))).rejects.toThrow('it is not loaded within 120 s');
      await vi.advanceTimersByTimeAsync(120_000);
      await refused;
    } finally {
      vi.useRealTimers();
    }
  });

  it('a call that blocks the thread after it was given up costs no other call its value', async () => {
    const file = written(`
      export default async ({ action }) => {
        if (action !== 'late') return 1;
        await new Promise((resolve) => setTimeout(resolve, 600));
        for (;;);
      };
    `);
    const late = await scorer({ ...withModule(file), rewardTimeout: 0.3 });
    expect((await late.score(acting('late')))[0]!.reward).toBeNaN();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await late.score(acting('later', 'still later'))).map(({ reward }) => reward)).toEqual([1, 1]);
  });

  it('calls that take their time one after the other are let be', async () => {
    const file = written('export default () => { for (const end = Date.now() + 700; Date.now() < end; ); return 1; };');
    const slow = await scorer({ ...withModule(file), rewardTimeout: 1.5 });
    expect((await slow.score(acting('a', 'b', 'c', 'd'))).map(({ reward }) => reward)).toEqual([1, 1, 1, 1]);
  });

  it.each(['throw null', 'throw "text"', 'return Promise.reject()'])('%s counts as no value', async (body) => {
    const failures: string[] = [];
    const functions = { own: new Function(body) as RewardFunction };
    const scores = await (await scorer({ rewards: [{ reward: 'own', weight: 1 }] }, functions, failures)).score(
      acting('a'),
    );
    expect(scores[0]!.reward).toBeNaN();
    expect(failures[0]).toMatch(/^reward own: (null|text|undefined)$/);
  });

  it('a limit beyond what timers hold is none', async () => {
    const functions = { own: async () => new Promise<number>((resolve) => setTimeout(() => resolve(1), 20)) };
    const patient = await scorer({ rewards: [{ reward: 'own', weight: 1 }], rewardTimeout: 3e6 }, functions);
    expect((await patient.score(acting('a')))[0]!.reward).toBe(1);
  });

  it('a second time, gives no values', async () => {
    const file = written(`
      import { existsSync, writeFileSync } from 'node:fs';
      const mark = new URL('loaded', import.meta.url);
      if (existsSync(mark)) process.exit(1);
      writeFileSync(mark, '');
      export default ({ action }) => { if (action === 'endless') for (;;); return 1; };
    `);
    const failures: string[] = [];
    const once = await scorer({ ...withModule(file), rewardTimeout: 0.3 }, {}, failures);
    const scores = await once.score(acting('fine', 'endless', 'later'));
    expect(scores.map(({ reward }) => reward)).toEqual([1, Number.NaN, Number.NaN]);
    expect(failures.join()).toContain('Cannot load the reward');
  });
});

describe('rewards of several batches at once', () => {
  it('share the limit of calls under way', async () => {
    let [running, most] = [0, 0];
    const waiting: RewardFunction = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      return 1;
    };
    const several = await scorer({ rewards: [{ reward: 'waiting', weight: 1 }] }, { waiting });
    const batch = acting(...Array.from({ length: 30 }, () => 'a'));
    const scores = await Promise.all([several.score(batch), several.score(batch), several.score(batch)]);
    expect(scores.flat().every(({ reward }) => reward === 1)).toBe(true);
    expect(most).toBe(32);
  });
});

describe('an aborted score', () => {
  const reason = new Error('enough');

  it.each([
    ['a function', { rewards: [{ reward: 'never', weight: 1 }] }, { never: () => new Promise<number>(() => {}) }],
    ['a module', custom('length.mjs#endless'), {}],
  ])('%s: rejects with the reason, without warnings, and is let go of at once', async (_, rewards, functions) => {
    const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const failures: string[] = [];
    const own = await scorer({ ...rewards, rewardTimeout: 60 }, functions, failures);
    const controller = new AbortController();
    const score = own.score(acting(...Array.from({ length: 40 }, () => 'endless')), controller.signal);
    setTimeout(() => controller.abort(reason), 50);
    await expect(score).rejects.toBe(reason);
    await own.dispose();
    expect(failures).toEqual([]);
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBeLessThanOrEqual(timers);
  });

  it.each(['similarity', 'answer'])('%s: rejects with the reason', async (reward) => {
    const own = await scorer({ rewards: [{ reward, weight: 1 }] });
    await expect(own.score(acting('abcd'), AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

it('a reward that was let go gives no value', async () => {
  const failures: string[] = [];
  const own = await scorer({ ...custom('length.mjs#endless'), rewardTimeout: 60 }, {}, failures);
  const score = own.score(acting('endless'));
  setTimeout(() => void own.dispose(), 100);
  expect((await score)[0]!.reward).toBeNaN();
  expect((await own.score(acting('fine')))[0]!.reward).toBeNaN();
  expect(failures).toEqual(Array.from({ length: 2 }, () => expect.stringMatching(/was let go/)));
});
