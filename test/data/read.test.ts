import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Trajectory } from '../../lib/data/instance.js';
import { instancesOf } from '../../lib/data/instances.js';
import { readInstanceRows, readInstances, readTrajectories } from '../../lib/data/read.js';
import { ReportBuilder } from '../../lib/data/report.js';
import { UserError } from '../../lib/errors.js';
import { fixture, jsonLines, temporaryFile, temporaryFolder } from './helpers.js';

const row = (n: number) => ({ id: `r${n}`, problem: `p${n}`, steps: ['a', 'b', 'c'] });

async function failure(name: string, content: string | Uint8Array, options = {}): Promise<string> {
  const error = await readInstances(temporaryFile(name, content), options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as Error).message;
}

describe('reading files', () => {
  it('survives a byte-order mark, CRLF, blank lines and a missing last newline', async () => {
    const content = `\uFEFF${JSON.stringify(row(1))}\r\n\r\n  \r\n${JSON.stringify(row(2))}`;
    const { report } = await readInstances(temporaryFile('a.jsonl', content));
    expect(report).toMatchObject({ rows: 2, kept: 2 });
  });

  it('keeps every character: separators, emoji, lone surrogates, 100,000-character steps', async () => {
    const steps = ['\u2028 \u2029 \u0085 \r x', '🙂 é \ud800 x \udc00', 'y'.repeat(100_000), 'end'];
    const { train } = await readInstances(temporaryFile('a.jsonl', jsonLines([{ problem: 'p', steps }])));
    expect(train.map(({ target }) => target)).toEqual(steps.slice(0, 3));
  });

  it('reads an array, a single object, and JSON lines under the name .json', async () => {
    const rows = [row(1), row(2)];
    for (const content of [JSON.stringify(rows), JSON.stringify(rows, null, 2), jsonLines(rows)]) {
      expect((await readInstances(temporaryFile('a.json', content))).report.rows).toBe(2);
    }
    expect((await readInstances(temporaryFile('a.json', JSON.stringify(row(1), null, 1)))).report.rows).toBe(1);
  });

  it('reads a folder and a pattern, each file in its own format, in order of names', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'deep/b.jsonl'), jsonLines([{ problem: 'q', steps: ['x', 'y'] }]));
    writeFileSync(join(folder, 'a.jsonl'), jsonLines([{ question: 'q', answer: 'one\ntwo\n#### 2' }]));
    writeFileSync(join(folder, 'notes.txt'), 'not data');
    const all = await readTrajectories(folder);
    expect(all.trajectories.map(({ id }) => id)).toEqual(['a:1', 'b:1']);
    expect(all.report.files).toBe(2);
    expect((await readTrajectories(join(folder, '*.jsonl'))).trajectories.map(({ id }) => id)).toEqual(['a:1']);
  });

  it('reads row by row: what is wrong far below does not keep earlier rows back', async () => {
    const rows = Array.from({ length: 100 }, (_, n) => row(n));
    const file = temporaryFile('a.jsonl', `${jsonLines(rows)}broken\n`);
    let read = 0;
    const all = async () => {
      for await (const _ of readInstanceRows(file, {}, new ReportBuilder())) read++;
    };
    await expect(all()).rejects.toThrow('a.jsonl line 101: not valid JSON');
    expect(read).toBe(100);
  });

  it('gives rows without ids one of file and row, and tells equal ids apart', async () => {
    const rows = [{ problem: 'p', steps: ['a', 'b'] }, row(1), row(1), { ...row(1), id: 'r1~2' }];
    const { trajectories } = await readTrajectories(temporaryFile('a.jsonl', jsonLines(rows)));
    expect(trajectories.map(({ id }) => id)).toEqual(['a:1', 'r1', 'r1~2', 'r1~2~2']);
  });
});

describe('errors name file, line and key', () => {
  it.each([
    [
      'a.jsonl',
      `${JSON.stringify(row(1))}\n\n{"problem": oops}\n`,
      /a\.jsonl line 3: not valid JSON: .*Every line must hold one JSON object/,
    ],
    ['a.json', '[\n{"problem": "p"},\n{oops}\n]', /a\.json: not valid JSON on line 3/],
    ['a.jsonl', '{"problem": "p", "steps": ["a"]}\n[1]\n', /a\.jsonl line 2: expected a JSON object, but found array/],
    ['a.jsonl', '{"problem": "p", "steps": "a"}\n', /line 1: "steps" must be an array of steps, but it is string/],
    ['a.jsonl', '{"problem": "p", "steps": ["a", 5]}\n', /line 1: "steps\[1\]" must be a string or { title\?, text }/],
    [
      'a.jsonl',
      '{"problem": "p", "steps": [{"text": null}]}\n',
      /line 1: "steps\[0\]\.text" must be a string, but it is null/,
    ],
    [
      'a.jsonl',
      '{"problem": "p", "steps": ["a", "b"], "answer": {}}\n',
      /line 1: "answer" must be a string or a number, but it is an object/,
    ],
    ['a.jsonl', '{"text": "p"}\n', /line 1: no known format has these keys: text\. .*--format/],
    [
      'a.traj.json',
      '{"instance_id": "x", "messages": [{"role": 5}]}',
      /"messages\[0\]\.role" must be a string, but it is number/,
    ],
    [
      'a.traj.json',
      '{"instance_id": "x", "messages": 5, "info": {}, "trajectory_format": "y"}',
      /"messages" must be an array/,
    ],
    ['a.parquet', 'PAR1 and nothing else', /a\.parquet: the footer of this Parquet file cannot be read/],
  ])('%s %j', async (name, content, message) => {
    expect(await failure(name, content)).toMatch(message);
  });

  it('forced format, unknown format, bytes that are no text, no file', async () => {
    expect(await failure('a.jsonl', '{"problem": "p"}\n', { format: 'numbered' })).toMatch(
      /line 1: no text in "deepseek_attempt" or .* The row's keys are: problem/,
    );
    expect(await failure('a.jsonl', '{"problem": "p"}\n', { format: 'csv' })).toMatch(
      /no format "csv"; known are numbered,/,
    );
    expect(await failure('a.jsonl', new Uint8Array([0x7b, 0xff, 0x7d]))).toMatch(/a\.jsonl line 1: not valid UTF-8/);
    expect(await failure('a.json', new Uint8Array([0x5b, 0xff, 0x5d]))).toMatch(/a\.json.*not valid UTF-8/);
    await expect(readInstances('nowhere.jsonl')).rejects.toThrow('nowhere.jsonl: no such file or folder.');
    await expect(readInstances(join(temporaryFolder(), '*.jsonl'))).rejects.toThrow('no file in');
    await expect(readInstances(temporaryFolder())).rejects.toThrow(/the folder holds no/);
  });
});

describe('instancesOf', () => {
  const trajectory: Trajectory = {
    id: 't',
    problem: 'p',
    steps: [{ title: 'A', text: 'a' }, { text: 'b' }, { title: 'C', text: 'c' }],
    answer: '5',
  };

  it('makes N−1 instances of N steps, or N', () => {
    const ids = (dropStep: 'last' | 'first' | 'none') => instancesOf(trajectory, { dropStep }).map(({ id }) => id);
    expect(ids('last')).toEqual(['t#1', 't#2']);
    expect(ids('first')).toEqual(['t#2', 't#3']);
    expect(ids('none')).toEqual(['t#1', 't#2', 't#3']);
  });

  it('shows the steps before and asks for the next, its title in the target or as a hint', () => {
    const [first, second] = instancesOf(trajectory);
    expect(first).toEqual({
      id: 't#1',
      trajectoryId: 't',
      step: 1,
      numSteps: 3,
      problem: 'p',
      context: [],
      target: '**A**\na',
      answer: '5',
    });
    expect(second!.context).toEqual([{ title: 'A', text: 'a' }]);
    const hinted = instancesOf(trajectory, { title: 'context', dropStep: 'none' });
    expect(hinted.map(({ hint, target }) => [hint, target])).toEqual([
      ['A', 'a'],
      [undefined, 'b'],
      ['C', 'c'],
    ]);
  });

  it('asks for the whole solution at once', () => {
    expect(instancesOf(trajectory, { unit: 'whole' })).toMatchObject([
      { id: 't#1', step: 1, numSteps: 1, context: [], target: '**A**\na\n\nb\n\n**C**\nc', answer: '5' },
    ]);
    expect(instancesOf({ ...trajectory, solution: 'all of it' }, { unit: 'whole' })[0]!.target).toBe('all of it');
  });
});

it.each([
  [{ unit: 'whole' }, /single steps, but whole solutions are asked for/],
  [{ title: 'context', dropStep: 'none' }, /on which dropStep, title would have no effect/],
  [{ resolvedOnly: true }, /on which resolvedOnly would have no effect/],
])('ready instances refuse %j, and take what says nothing', async (options, message) => {
  const instance = { problem: 'p', target: 't', step: 1, numSteps: 3 };
  expect(await failure('a.jsonl', jsonLines([instance]), options)).toMatch(message);
  const nothing = { dropStep: 'last', title: 'target', unit: 'step', contextPairs: 2, resolvedOnly: false } as const;
  expect((await readInstances(temporaryFile('a.jsonl', jsonLines([instance])), nothing)).train).toHaveLength(1);
});

describe('the split', () => {
  it('holds out whole problems, the same ones whatever the order, the file or the number of their trajectories', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.string(), { minLength: 4, maxLength: 30 }),
        fc.nat(1000),
        fc.integer({ min: 1, max: 3 }),
        async (names, seed, count) => {
          const problems = names.map((name) => `p${name}`);
          const rows = problems.flatMap((problem, i) => Array(1 + (i % 2)).fill({ problem, steps: ['a', 'b', 'c'] }));
          const read = async (content: unknown[]) =>
            readInstances(temporaryFile('a.jsonl', jsonLines(content)), { validation: { count, seed } });
          const { train, validation } = await read(rows);
          const held = new Set(validation.map(({ problem }) => problem));
          expect(held.size).toBe(count);
          expect(train.filter(({ problem }) => held.has(problem))).toEqual([]);
          expect(train.length + validation.length).toBe(2 * rows.length);
          const reversed = await read([...rows].reverse());
          expect(new Set(reversed.validation.map(({ problem }) => problem))).toEqual(held);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('chooses others with another seed, and a fraction by rounding', async () => {
    const file = temporaryFile('a.jsonl', jsonLines(Array.from({ length: 40 }, (_, n) => row(n))));
    const held = async (validation: object) =>
      [...new Set((await readInstances(file, { validation })).validation.map(({ problem }) => problem))].sort();
    expect(await held({ fraction: 0.1 })).toHaveLength(4);
    expect(await held({ fraction: 0.1, seed: 1 })).not.toEqual(await held({ fraction: 0.1, seed: 0 }));
    expect(await held({ fraction: 0.01 })).toHaveLength(1);
    expect(await held({ fraction: 0 })).toHaveLength(0);
  });

  it('tells ready prompts without a problem apart by themselves', async () => {
    const prompts = ['a', 'b', [{ role: 'user', content: 'c' }], [{ role: 'user', content: 'd' }]];
    const file = temporaryFile('a.jsonl', jsonLines(prompts.map((prompt) => ({ prompt, target: 't' }))));
    const { train, validation } = await readInstances(file, { format: 'instances', validation: { count: 3 } });
    expect([train.length, validation.length]).toEqual([1, 3]);
  });

  it.each([
    [{ fraction: 1 }, /at least 0 and less than 1, but it is 1/],
    [{ fraction: 0.1, count: 1 }, /as a fraction or as a count, not both/],
    [{ count: 1.5 }, /whole number from 0, but it is 1.5/],
    [{ count: 2 }, /2 of 2 problems held out .* leave none to train on/],
  ])('refuses %j', async (validation, message) => {
    expect(await failure('a.jsonl', jsonLines([row(1), row(2)]), { validation })).toMatch(message);
  });
});

it('the report counts rows, steps and lengths in code points', async () => {
  const { report } = await readInstances(fixture('steps.jsonl'));
  expect(report).toEqual({
    format: 'steps',
    files: 1,
    rows: 5,
    kept: 2,
    dropped: {
      'only one step, and dropStep "last" leaves it out': 1,
      'the solution has no steps': 1,
      'the problem is empty': 1,
    },
    leftOut: { 'blank step': 1 },
    instances: 4,
    stepsPerRow: { min: 2, median: 2, max: 4, histogram: { 2: 1, 4: 1 } },
    characters: {
      problem: { min: 9, median: 12, max: 12 },
      context: { min: 0, median: 0, max: 26 },
      target: { min: 5, median: 15, max: 20 },
    },
  });
});
