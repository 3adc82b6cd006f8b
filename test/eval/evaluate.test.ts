import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type EvalOptions, evaluate, type Item } from '../../lib/eval/index.js';
import { readProblems } from '../../lib/eval/problems.js';
import { hasSharedData, jsonLines, needsSharedData, sharedData, temporaryFile } from '../data/helpers.js';
import { fakeEngine, type Script } from '../train/fake_policy.js';
import { tinyRun, tokenizer } from '../train/tiny_run.js';

/** Right where the problem's number is even; for odd ones by chance. Thinks twice, as trained models do. */
const solver: Script = (random, p, prompt) => {
  const n = Number(/(\d+) \+ 1/.exec(prompt)![1]);
  const answer = n % 2 === 0 || (random > 0 && random < p) ? n + 1 : 0;
  return { text: `<think>a</think>so <think>b</think>The answer is ${answer}.`, finished: n !== 5 };
};

async function setup(problems = 10) {
  const { folder } = await tinyRun(['a']);
  const data = temporaryFile(
    'sums.jsonl',
    jsonLines(Array.from({ length: problems }, (_, n) => ({ id: `sum-${n}`, problem: `${n} + 1`, answer: n + 1 }))),
  );
  const options: EvalOptions = {
    model: join(folder, 'model'),
    data,
    out: join(folder, 'eval'),
    template: temporaryFile('template.txt', '{{problem}}'),
    maxCompletionLength: 100,
    batchSize: 3,
    device: 'cpu',
  };
  const items = () =>
    readFileSync(join(options.out, 'items.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Item);
  return { options, items };
}

describe('evaluate', () => {
  it('scores greedy answers, with lengths, shares and an interval', async () => {
    const { options, items } = await setup();
    const engine = fakeEngine(tokenizer, solver);
    const report = await evaluate({ ...options, engine });
    expect(report).toMatchObject({ problems: 10, samples: 1, temperature: 0, accuracy: 0.5, passAtK: { 1: 0.5 } });
    expect(report).toMatchObject({ undecided: 0, formatRate: 0, markedRate: 1, finishedRate: 0.9 });
    expect(report.interval[0]).toBeGreaterThan(0.1);
    expect(report.interval[1]).toBeLessThan(0.9);
    expect(report.length.mean).toBeGreaterThan(20);
    expect(items()[2]).toMatchObject({ id: 'sum-2', gold: '3', correct: 1, samples: [{ pred: '3', equal: true }] });
    expect(JSON.parse(readFileSync(join(options.out, 'report.json'), 'utf8'))).toEqual(report);
    expect(engine.policies.map(({ disposed }) => disposed)).toEqual([true]);
    expect(engine.policies[0]!.requests.map(({ temperature }) => temperature)).toEqual([0, 0, 0, 0]);
  });

  it('samples several, and estimates pass@k from them', async () => {
    const { options } = await setup();
    const report = await evaluate({ ...options, samples: 8, engine: fakeEngine(tokenizer, solver) });
    expect(report.temperature).toBe(1);
    expect(report.accuracy).toBeGreaterThan(0.6);
    expect(report.accuracy).toBeLessThan(0.9);
    expect(Object.keys(report.passAtK)).toEqual(['1', '2', '4', '8']);
    expect(report.passAtK['1']).toBeCloseTo(report.accuracy, 12);
    expect(report.passAtK['8']!).toBeGreaterThan(report.passAtK['2']!);
  });

  it('goes on where it was stopped and gives the same results', async () => {
    const { options, items } = await setup();
    const whole = await evaluate({
      ...options,
      samples: 4,
      out: `${options.out}-whole`,
      engine: fakeEngine(tokenizer, solver),
    });
    const abort = new AbortController();
    const stopped = evaluate({
      ...options,
      samples: 4,
      signal: abort.signal,
      engine: fakeEngine(tokenizer, solver),
      onItem: (_, done) => done === 5 && abort.abort(new Error('stopped')),
    });
    await expect(stopped).rejects.toThrow('stopped');
    expect(items()).toHaveLength(6);
    // A run that was killed while it wrote leaves half a line.
    const file = join(options.out, 'items.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -30));
    const engine = fakeEngine(tokenizer, solver);
    const report = await evaluate({ ...options, samples: 4, engine });
    expect(engine.policies[0]!.requests).toHaveLength(3);
    expect(report).toEqual(whole);
    expect(new Set(items().map(({ id }) => id)).size).toBe(10);
    expect(items()).toHaveLength(10);
    const idle = fakeEngine(tokenizer, solver);
    expect(await evaluate({ ...options, samples: 4, engine: idle })).toEqual(whole);
    expect(idle.policies).toHaveLength(0);
  });

  it('takes a longer limit as more of the same run', async () => {
    const { options } = await setup();
    await evaluate({ ...options, samples: 2, limit: 4, engine: fakeEngine(tokenizer, solver) });
    const engine = fakeEngine(tokenizer, solver);
    const report = await evaluate({ ...options, samples: 2, engine });
    const whole = await evaluate({
      ...options,
      samples: 2,
      out: `${options.out}-whole`,
      engine: fakeEngine(tokenizer, solver),
    });
    expect(report).toEqual(whole);
    expect(engine.policies[0]!.requests).toHaveLength(3);
  });

  it('refuses results of other settings, other data, and a broken line', async () => {
    const { options } = await setup(4);
    const engine = fakeEngine(tokenizer, solver);
    await evaluate({ ...options, engine });
    await expect(evaluate({ ...options, engine, seed: 5, samples: 2 })).rejects.toThrow(
      /other settings: samples was 1, now 2; temperature was 0, now 1; seed was 0, now 5/,
    );
    appendFileSync(join(options.out, 'items.jsonl'), '5\n');
    await expect(evaluate({ ...options, engine })).rejects.toThrow(/items.jsonl line 5: not an item/);
    const file = join(options.out, 'items.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -2));
    writeFileSync(options.data, readFileSync(options.data, 'utf8').replace('1 + 1', '11 + 1'));
    await expect(evaluate({ ...options, engine })).rejects.toThrow(
      /another problem sum-1, or another prompt of it: data, template or tokenizer changed/,
    );
  });

  it.each([
    [{ batchSize: 0 }, 'batchSize takes a whole number from 1 on; got 0.'],
    [{ limit: 0 }, 'limit takes a whole number from 1 on; got 0.'],
    [{ samples: 1.5 }, 'samples takes a whole number'],
    [{ topP: 0 }, 'topP takes a number above 0'],
    [{ samples: 2, temperature: 0 }, 'all samples of a problem are the same'],
  ])('refuses %j', async (wrong, message) => {
    const { options } = await setup(2);
    await expect(evaluate({ ...options, ...wrong, engine: fakeEngine(tokenizer, solver) })).rejects.toThrow(message);
  });

  it('refuses results of other weights, and of another prompt under the same name', async () => {
    const { options } = await setup(4);
    const template = temporaryFile('own.txt', '{{problem}}');
    const own = { ...options, template, engine: fakeEngine(tokenizer, solver) };
    await evaluate(own);
    writeFileSync(template, 'Think. {{problem}}');
    await expect(evaluate(own)).rejects.toThrow(/another prompt of it/);
    writeFileSync(template, '{{problem}}');
    await evaluate(own);
    writeFileSync(join(options.model, 'model.safetensors'), JSON.stringify({ p: 0.25 }));
    await expect(evaluate(own)).rejects.toThrow(
      /weights was model\.safetensors \(\w{16}\), now model\.safetensors \(\w{16}\)\./,
    );
  });

  it('says what is wrong with prompts too long and rows without an answer', async () => {
    const { options } = await setup(2);
    const engine = fakeEngine(tokenizer, solver);
    await expect(evaluate({ ...options, engine, maxCompletionLength: 510 })).rejects.toThrow(
      /has 512 positions, so responses may have at most 507 tokens, not 510. Give --max-tokens 507/,
    );
    const broken = temporaryFile('broken.jsonl', '{"problem": "p", "answer": "1"}\n{"problem": "p"}\n');
    await expect(evaluate({ ...options, data: broken, engine })).rejects.toThrow(/broken.jsonl line 2: no answer/);
    const empty = temporaryFile('empty.jsonl', '{"answer": "1"}\n');
    await expect(evaluate({ ...options, data: empty, engine })).rejects.toThrow(
      /empty.jsonl line 1: "problem" must be text/,
    );
  });
});

describe('evaluation sets', () => {
  it.skipIf(!hasSharedData)(`are read as they are${needsSharedData}`, async () => {
    const sizes = { 'math/aime24': 30, 'math/amc23': 40, 'math/minerva_math': 272, 'gsm8k/test': 800 };
    for (const [name, size] of Object.entries(sizes)) {
      const problems = await readProblems(join(sharedData, `${name}.jsonl`));
      expect(problems).toHaveLength(size);
      expect(new Set(problems.map(({ id }) => id)).size).toBe(size);
      expect(problems.every(({ problem, gold }) => problem !== '' && gold !== '')).toBe(true);
    }
    const [first] = await readProblems(join(sharedData, 'math/amc23.jsonl'), 1);
    expect(first).toMatchObject({ id: '0', gold: '27' });
  });
});
