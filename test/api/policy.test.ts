import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stageSchemas } from '../../lib/config/schema.js';
import { groupAdvantages, Policy, type TrainingGroup, UserError } from '../../lib/index.js';
import { nativeOptions } from '../../lib/policy/update.js';
import { BASE_MODEL } from '../../lib/quickstart/model.js';

const folder = mkdtempSync(join(tmpdir(), 'foothold-policy-'));
const problem = 'a+38 b+19 c+56: 47';
let policy: Policy;
beforeAll(async () => {
  policy = await Policy.load(BASE_MODEL, { device: 'cpu' });
});
afterAll(() => {
  policy.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const total = (rows: readonly Float32Array[]) => rows.reduce((sum, row) => sum + row.reduce((a, b) => a + b, 0), 0);

describe('Policy.generate', () => {
  it('takes a text or its ids', async () => {
    const options = { maxTokens: 40, temperature: 0 };
    const ids = policy.tokenizer.encode(problem);
    const [fromText, fromIds, fromArray] = await policy.generate([problem, ids, Int32Array.from(ids)], options);
    expect(fromText).toEqual(fromIds);
    expect(fromText).toEqual(fromArray);
    const [answer] = fromText!;
    expect(answer!.text).toMatch(/^<think>47a\+38/);
    expect(answer!.finished).toBe(true);
    expect(policy.eosTokenIds).toContain(answer!.ids.at(-1));
    expect(policy.tokenizer.decode(answer!.ids.slice(0, -1))).toBe(answer!.text);
  });

  it('gives as many completions as asked for, the same for a seed', async () => {
    const options = { maxTokens: 24, numGenerations: 3, seed: 5, temperature: 3 };
    const first = await policy.generate([problem, 'a+01 b+02 c+03: 04'], options);
    expect(first.map(({ length }) => length)).toEqual([3, 3]);
    expect(await policy.generate([problem, 'a+01 b+02 c+03: 04'], options)).toEqual(first);
    expect(await policy.generate([problem], { ...options, seed: 6 })).not.toEqual([first[0]]);
  });

  it.each([{ topK: 1 }, { topP: 1e-9 }, { minP: 1 }])('draws from the likeliest tokens alone with %o', async (cut) => {
    const [greedy] = await policy.generate([problem], { maxTokens: 24, temperature: 0 });
    const [drawn] = await policy.generate([problem], { maxTokens: 24, ...cut });
    expect(drawn![0]!.text).toBe(greedy![0]!.text);
  });

  it('refuses what it cannot go on with', async () => {
    const maxTokens = 8;
    await expect(policy.generate([''], { maxTokens })).rejects.toThrow('A prompt has no tokens');
    await expect(policy.generate([[3, 999]], { maxTokens })).rejects.toThrow(
      "A prompt's token id at place 1 is 999; expected a whole number from 0 to 22",
    );
    await expect(policy.generate([[{ role: 'user', content: 'hi' }]], { maxTokens })).rejects.toThrow(
      'no chat template',
    );
    await expect(policy.generate([problem], { maxTokens: 500 })).rejects.toThrow(
      "A prompt of 18 tokens and maxTokens 500 together are more than the model's 512 positions.",
    );
    expect(await policy.generate([], { maxTokens })).toEqual([]);
  });

  it.each([
    [[['x'], { maxTokens: -1 }], 'Options of generate: maxTokens: expected at least 1; got -1'],
    [[['x'], { maxTokens: Number.NaN }], 'maxTokens: expected a number; got NaN'],
    [[['x'], undefined], 'Options of generate: missing: a map of keys is needed here'],
    [[['x'], { maxTokens: 4, temprature: 1 }], 'unknown key. Did you mean temperature?'],
    [['x', { maxTokens: 4 }], "prompts: expected a list; got 'x'."],
    [[[null], { maxTokens: 4 }], 'A prompt is a text, the messages of a chat, or token ids; got null.'],
  ])('tells callers that nobody has checked: %j', async (args, message) => {
    const refused = (policy.generate as (...args: unknown[]) => Promise<unknown>).apply(policy, args);
    await expect(refused).rejects.toThrow(UserError);
    await expect(refused).rejects.toThrow(message);
  });

  it('stops when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(policy.generate([problem], { maxTokens: 8, signal })).rejects.toThrow('enough');
  });
});

describe('Policy.logProbs', () => {
  it('gives what the sampler reported', async () => {
    const groups = (await policy.generate([problem, 'a+01 b+02 c+03: 04'], { maxTokens: 24, numGenerations: 2 })).map(
      (completions, g) => ({ prompt: [problem, 'a+01 b+02 c+03: 04'][g]!, completions }),
    );
    const logProbs = await policy.logProbs(groups);
    groups.forEach(({ completions }, g) => {
      completions.forEach((completion, k) => {
        expect(logProbs[g]![k]!.length).toBe(completion.ids.length);
        logProbs[g]![k]!.forEach((value, t) => {
          expect(value).toBeCloseTo(completion.logProbs[t]!, 4);
        });
      });
    });
  });
});

it.each([
  [['x'], 'groups[0].completions: expected a list; got undefined.'],
  [[{ prompt: 'a', completions: [[5, 6]] }], 'groups[0].completions[0]: expected an object with ids'],
  [{}, 'groups: expected a list; got {}.'],
])('Policy.logProbs and update refuse what are no groups: %j', async (groups, message) => {
  const given = groups as unknown as TrainingGroup[];
  await expect(policy.logProbs(given)).rejects.toThrow(message);
  await expect(policy.update(given, { learningRate: 0 })).rejects.toThrow(message);
});

describe('Policy.update', () => {
  it('makes what had an advantage likelier, and saves it', async () => {
    const trained = await Policy.load(BASE_MODEL, { device: 'cpu' });
    const [completions] = await trained.generate([problem], {
      maxTokens: 48,
      numGenerations: 8,
      seed: 3,
      temperature: 2,
    });
    const [advantages] = groupAdvantages([completions!.map(({ text }) => text.length)]);
    const group: TrainingGroup = { prompt: problem, completions: completions!, advantages: advantages! };
    const gain = (rows: Float32Array[]) =>
      rows.reduce((sum, row, k) => sum + (advantages![k]! * total([row])) / row.length, 0);

    const [before] = await trained.logProbs([group], { temperature: 2 });
    const metrics = await trained.update([group], { learningRate: 1e-4 });
    const [after] = await trained.logProbs([group], { temperature: 2 });
    expect(metrics.skipped).toBeNull();
    expect(metrics.gradNorm).toBeGreaterThan(0);
    expect(gain(after!)).toBeGreaterThan(gain(before!));

    await trained.save(join(folder, 'saved'));
    const again = await Policy.load(join(folder, 'saved'), { device: 'cpu' });
    const [reloaded] = await again.logProbs([group], { temperature: 2 });
    expect(reloaded).toEqual(after);
    trained.dispose();
    again[Symbol.dispose]();
    await expect(again.logProbs([group])).rejects.toThrow('was disposed');
  });

  it('imitates given ids by cross-entropy', async () => {
    const trained = await Policy.load(BASE_MODEL, { device: 'cpu' });
    const ids = [...trained.tokenizer.encode('<think>47a+38</think>a=85'), trained.eosTokenIds[0]!];
    const group = { prompt: problem, completions: [{ ids }] };
    const before = total((await trained.logProbs([group]))[0]!);
    const { loss } = await trained.update([group], { lossType: 'crossEntropy', learningRate: 1e-3 });
    expect(loss).toBeCloseTo(-before / ids.length, 4);
    expect(total((await trained.logProbs([group]))[0]!)).toBeGreaterThan(before);
    trained.dispose();
  });

  it('refuses what would teach something else', async () => {
    const sample = async (options: object) => (await policy.generate([problem], { maxTokens: 8, ...options }))[0]!;
    const update = (completions: TrainingGroup['completions'], more: object = {}) =>
      policy.update([{ prompt: problem, completions, advantages: completions.map(() => 1) }], {
        learningRate: 0,
        ...more,
      });
    await expect(update(await sample({ temperature: 0 }))).rejects.toThrow('Greedy completions cannot be learnt from');
    await expect(update(await sample({ topK: 3 }))).rejects.toThrow('sampled with topK, topP or minP');
    await expect(update(await sample({ temperature: 0.5 }), { temperature: 1 })).rejects.toThrow('temperatures 0.5, 1');
    await expect(update([...(await sample({})), { ids: [5] }])).rejects.toThrow('Some completions have logProbs');
    await expect(update([])).rejects.toThrow('Group 0 has no completion');
    await expect(update(await sample({}), { learningRate: -1 })).rejects.toThrow(
      'Options of update: learningRate: expected at least 0; got -1',
    );
    await expect(update(await sample({}), { lossType: 'drGrpo' })).rejects.toThrow('give it');
    await expect(update(await sample({}), { adamBeta2: 1 })).rejects.toThrow('adamBeta2: expected less than 1; got 1');
    await expect(update([{ ids: [1.5] }])).rejects.toThrow("A completion's token id at place 0 is 1.5");
    const rows = [5, 6, 7].map((id) => ({ ids: [id], logProbs: new Float32Array(id === 6 ? 2 : 1) }));
    await expect(update(rows)).rejects.toThrow(
      'logProbs of completion 1 has 2 values; expected one for each of its 1 tokens',
    );
    const group = { prompt: problem, completions: await sample({ numGenerations: 2 }), advantages: [1] };
    await expect(policy.update([group], { learningRate: 0 })).rejects.toThrow(
      'Group 0 has 1 advantages; expected one for each of its 2 completions.',
    );
    await expect(policy.update([], { learningRate: 0 })).rejects.toThrow(UserError);
  });

  it('has the defaults of a run', () => {
    const sizes = { maxPromptLength: 1, batchSize: 1, maxCompletionLength: 1 };
    const stage = stageSchemas.srl.parse({ method: 'srl', ...sizes });
    expect(nativeOptions({ learningRate: stage.learningRate }, stage.temperature)).toEqual({
      ...{ lossType: stage.lossType, epsilonLow: stage.epsilon, epsilonHigh: stage.epsilon, beta: stage.beta },
      ...{ temperature: stage.temperature, maxCompletionLength: 1, learningRate: stage.learningRate },
      ...{ beta1: stage.adamBeta1, beta2: stage.adamBeta2, adamEpsilon: stage.adamEpsilon },
      ...{ weightDecay: stage.weightDecay, maxGradNorm: stage.maxGradNorm },
      ...{ maxTokensPerMicroBatch: 8192, gradientCheckpointing: stage.gradientCheckpointing },
    });
  });
});

describe('groupAdvantages', () => {
  it('standardises within groups', () => {
    const [first, second, third] = groupAdvantages([
      [1, 0],
      [5, 5, 5],
      [0, Number.NaN, 2],
    ]);
    expect([...first!].map((value) => Number(value.toFixed(3)))).toEqual([1, -1]);
    expect([...second!]).toEqual([0, 0, 0]);
    expect([...third!].map((value) => Number(value.toFixed(3)))).toEqual([-1, 0, 1]);
    expect(groupAdvantages([[1, 0]], 'none').map((row) => [...row])).toEqual([[0.5, -0.5]]);
  });
});
