import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../bindings/load.js';
import type { Trajectory } from '../../lib/data/instance.js';
import type { ReadOptions } from '../../lib/data/options.js';
import { readInstances, readTrajectories } from '../../lib/data/read.js';
import { fixture, jsonLines, temporaryFile, temporaryFolder } from './helpers.js';

async function read(name: string, options: ReadOptions = {}): Promise<Trajectory[]> {
  return (await readTrajectories(fixture(name), options)).trajectories;
}

describe('numbered', () => {
  it('cuts bold and heading styles at their outermost list, and leaves introduction and conclusion out', async () => {
    const [sum, equation] = await read('numbered.jsonl');
    expect(sum!.steps.map(({ title }) => title)).toEqual(['Understand the problem', 'Pair the terms', 'Multiply']);
    expect(sum!.steps[0]!.text).toBe(
      'We add the numbers from 1 to 4.\n   - They are consecutive.\n   1. The first is 1.\n   2. The last is 4.',
    );
    expect(sum!.steps[1]!.text).toContain('3. **not a step either**');
    expect(sum!.steps[2]!.text).toBe('Two pairs give\n   $$2 \\cdot 5 = 10$$');
    expect(equation!.steps).toEqual([
      { title: 'Write the equation', text: '1. **x** is the unknown.\n2. **2x = 6** is given.' },
      { title: 'Solve it', text: 'Divide by 2, so $x = 3$.' },
    ]);
    expect(equation!.solution).toContain('### Final Answer');
  });

  it('takes the answer from the reference, boxed or short', async () => {
    expect((await read('numbered.jsonl')).map(({ answer }) => answer)).toEqual(['10', '3', 'Yes', '4']);
  });

  it('counts every row that it cannot use, by reason', async () => {
    const { report } = await readInstances(fixture('numbered.jsonl'));
    expect(report).toMatchObject({ format: 'numbered', rows: 6, kept: 2, instances: 3 });
    expect(report.dropped).toEqual({
      'not a list of numbered steps': 1,
      'the step numbers have a gap': 1,
      'the solution is empty': 2,
    });
  });

  it('uses the column that it is told', async () => {
    const rows = [{ question: 'Q', solution: '7', mine: '1. **A**: a\n2. **B**: b' }];
    const file = temporaryFile('rows.jsonl', jsonLines(rows));
    const { trajectories } = await readTrajectories(file, { format: 'numbered', solutionField: 'mine' });
    expect(trajectories[0]).toMatchObject({
      answer: '7',
      steps: [
        { title: 'A', text: 'a' },
        { title: 'B', text: 'b' },
      ],
    });
  });
});

describe('gsm8k', () => {
  it('makes a step of each line, without calculator marks, and keeps the answer', async () => {
    const [apples, pens] = await read('gsm8k.jsonl');
    expect(apples).toEqual({
      id: 'gsm8k:1',
      problem: 'Ann has 3 bags of 4 apples and eats 2. How many are left?',
      steps: [{ text: 'She has 3*4 = 12 apples.' }, { text: 'After eating there are 12-2 = 10.' }],
      answer: '10',
      solution: 'She has 3*4 = 12 apples.\nAfter eating there are 12-2 = 10.\n#### 10',
    });
    expect(pens!.answer).toBe('6,000');
  });

  it('keeps the marks when asked', async () => {
    const [apples] = await read('gsm8k.jsonl', { keepCalculatorMarks: true });
    expect(apples!.steps[0]!.text).toBe('She has 3*4 = <<3*4=12>>12 apples.');
  });

  it('drops an empty solution and a single step, each with its reason', async () => {
    const { report } = await readInstances(fixture('gsm8k.jsonl'));
    expect(report).toMatchObject({ format: 'gsm8k', rows: 3, kept: 1 });
    expect(report.dropped).toEqual({
      'the solution is empty': 1,
      'only one step, and dropStep "last" leaves it out': 1,
    });
  });
});

describe('steps', () => {
  it('takes strings and objects, and leaves blank steps out', async () => {
    const { trajectories, report } = await readTrajectories(fixture('steps.jsonl'));
    expect(trajectories[0]).toEqual({
      id: 'a',
      problem: 'Boil an egg.',
      steps: [
        { title: 'Heat', text: 'Boil water.' },
        { text: 'Put the egg in.' },
        { text: 'Wait six minutes.' },
        { text: 'Take it out.' },
      ],
      answer: 'an egg',
    });
    expect(trajectories.find(({ id }) => id === 'c')!.steps.map(({ text }) => text)).toEqual(['Push.', 'Rise.']);
    expect(report.leftOut).toEqual({ 'blank step': 1 });
    expect(report.dropped).toEqual({ 'the problem is empty': 1 });
  });

  it('takes the thought before a step, shows it to nobody, and teaches it', async () => {
    const steps = [{ text: 'Push.', thought: 'It is heavy.' }, { text: 'Rest.', thought: ' ' }, 'Push again.'];
    const file = temporaryFile('thoughts.jsonl', jsonLines([{ problem: 'Move it.', steps, answer: 'moved' }]));
    const { train } = await readInstances(file, { dropStep: 'none' });
    expect(train.map(({ thought, target }) => [thought, target])).toEqual([
      ['It is heavy.', 'Push.'],
      [undefined, 'Rest.'],
      [undefined, 'Push again.'],
    ]);
    expect(train[2]!.context).toEqual([{ text: 'Push.' }, { text: 'Rest.' }]);
    const bad = temporaryFile('bad.jsonl', jsonLines([{ problem: 'p', steps: [{ text: 't', thought: 5 }] }]));
    await expect(readInstances(bad, {})).rejects.toThrow(/bad.jsonl line 1.*steps\[0\]\.thought/);
  });

  it.each(['snappy', 'zstd'])('reads the same from Parquet (%s, two row groups)', async (compression) => {
    const fromLines = await read('steps.jsonl');
    const fromParquet = await read(`steps.${compression}.parquet`);
    expect(fromParquet).toEqual(fromLines);
  });

  it('serves problems with nothing but an answer where the whole solution is asked for', async () => {
    const file = temporaryFile('problems.jsonl', jsonLines([{ problem: '2 + 2?', answer: 4 }]));
    const { train } = await readInstances(file, { unit: 'whole' });
    expect(train).toMatchObject([{ id: 'problems:1#1', target: '4', answer: '4', context: [] }]);
  });
});

describe('swe', () => {
  it('takes the one bash block as the action and skips turns that ran nothing (mini-swe-agent)', async () => {
    const { trajectories, report } = await readTrajectories(fixture('mini.traj.json'));
    const [run] = trajectories;
    expect(run!.id).toBe('own__calc-1');
    expect(run!.problem).toBe('add() subtracts.\n\nSee calc.py.');
    expect(run!.steps.map(({ text }) => text)).toEqual([
      'cat calc.py',
      'sed -i s/-/+/ calc.py &&\n  cat calc.py',
      'python -c "import calc; print(calc.add(1, 2))"',
      'echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT',
    ]);
    expect(run!.steps[1]!.observation).toBe(
      '<returncode>0</returncode>\n<output>\ndef add(a, b): return a + b\n</output>',
    );
    expect(run!.solution).toBe('diff --git a/calc.py b/calc.py\n');
    expect(report.leftOut).toEqual({ 'turn without an action': 1 });
  });

  it('cuts the middle out of long observations, and says how much', async () => {
    const [run] = await read('mini.traj.json', { maxObservationChars: 11 });
    expect(run!.steps[2]!.observation).toBe('xxxxxx\n[2989 characters left out]\nxxxxx');
    const [emoji] = (
      await readTrajectories(
        temporaryFile(
          'a.json',
          JSON.stringify({
            trajectory: [{ action: 'ls', observation: '🙂'.repeat(5) }],
            history: [{ role: 'user', content: 'Fix it.' }],
          }),
        ),
        { maxObservationChars: 4 },
      )
    ).trajectories;
    expect(emoji!.steps[0]!.observation).toBe('🙂🙂\n[1 characters left out]\n🙂🙂');
  });

  it('reads tool calls, written calls, and thought-and-action turns', async () => {
    const { trajectories, report } = await readTrajectories(fixture('agents.jsonl'));
    expect(trajectories.map(({ problem }) => problem)).toEqual(Array(3).fill('add() subtracts.'));
    const [tools, written, ticks] = trajectories.map(({ steps }) => steps.map(({ text }) => text));
    expect(tools).toEqual([
      'ls /testbed',
      '<function=str_replace_editor>\n<parameter=command>str_replace</parameter>\n<parameter=path>/testbed/calc.py</parameter>\n' +
        '<parameter=old_str>a - b</parameter>\n<parameter=new_str>a + b</parameter>\n</function>',
      '<function=submit>\n</function>',
    ]);
    expect(written).toEqual([
      'ls /testbed &&\n pwd',
      '<function=str_replace_editor>\n<parameter=command>view</parameter>\n<parameter=path>/testbed/calc.py</parameter>\n</function>',
      '<function=submit>\n</function>',
    ]);
    expect(ticks).toEqual(['open calc.py', 'edit 1:1\na + b\nend_of_edit', 'submit']);
    expect(report.leftOut).toEqual({ 'turn without an action': 2 });
  });

  it('reads the action list of a SWE-agent .traj file, and not its demonstration', async () => {
    const [run] = await read('own__calc-5.traj');
    expect(run).toMatchObject({
      problem: 'add() subtracts.',
      steps: [
        { text: 'open calc.py', observation: '[File: calc.py]' },
        { text: 'submit', observation: 'diff' },
      ],
    });
  });

  it('keeps only resolved runs when asked', async () => {
    const { trajectories, report } = await readTrajectories(fixture('agents.jsonl'), { resolvedOnly: true });
    expect(trajectories.map(({ id }) => id)).toEqual(['own__calc-3']);
    expect(report.dropped).toEqual({ 'not marked as resolved': 2 });
  });

  it('shows the last two actions and observations, or as many as asked', async () => {
    const { train } = await readInstances(fixture('mini.traj.json'), { dropStep: 'none' });
    expect(train.map(({ context }) => context.length)).toEqual([0, 1, 2, 2]);
    expect(train[3]!.context[0]!.text).toBe('sed -i s/-/+/ calc.py &&\n  cat calc.py');
    const { train: one } = await readInstances(fixture('mini.traj.json'), { contextPairs: 1 });
    expect(one.map(({ context }) => context.length)).toEqual([0, 1, 1]);
  });
});

describe('instances', () => {
  const map = { prompt: 'input_prompt', target: 'expert_action', id: 'uid' };

  it("takes other people's columns by name, prompts as text or messages", async () => {
    const { train, report } = await readInstances(fixture('others.jsonl'), { map });
    expect(train).toMatchObject([
      { id: 'q1', target: '3 + 3 = 6', prompt: 'Problem: 1 + 2 + 3\nStep 1: 1 + 2 = 3', context: [] },
      {
        id: 'q2',
        target: '4',
        prompt: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: '2 + 2?' },
        ],
      },
    ]);
    expect(report.dropped).toEqual({ 'the target is empty': 1 });
  });

  it('reads back exactly what was prepared', async () => {
    const { train } = await readInstances(fixture('mini.traj.json'));
    const { train: again } = await readInstances(temporaryFile('prepared.jsonl', jsonLines(train)));
    expect(again).toEqual(train);
  });

  it('does not take single steps for whole solutions', async () => {
    const { train } = await readInstances(fixture('steps.jsonl'));
    const file = temporaryFile('prepared.jsonl', jsonLines(train));
    await expect(readInstances(file, { unit: 'whole' })).rejects.toThrow(
      /holds instances of single steps.*--unit whole/,
    );
    const { train: whole } = await readInstances(fixture('steps.jsonl'), { unit: 'whole' });
    const again = await readInstances(temporaryFile('whole.jsonl', jsonLines(whole)), { unit: 'whole' });
    expect(again.train).toEqual(whole);
  });

  it('names the column that is missing, as the file would call it', async () => {
    await expect(
      readInstances(fixture('others.jsonl'), { map: { prompt: 'input_prompt', target: 'action' } }),
    ).rejects.toThrow(/others\.jsonl line 1: an instance needs "action".*uid, input_prompt, expert_action, n/);
  });
});

describe('splitter', () => {
  const module = (source: string) => temporaryFile('split.mjs', source);
  const input = () => temporaryFile('rows.jsonl', jsonLines([{ claim: 'c', proof: 'a|b| ' }, { claim: 'd' }]));

  it('makes trajectories of rows, and may drop them', async () => {
    const splitter = module(
      `export default (row) => row.proof ? { problem: row.claim, steps: row.proof.split('|').map((text) => ({ text })) } : 'no proof';`,
    );
    const { trajectories, report } = await readTrajectories(input(), { splitter });
    expect(trajectories).toEqual([{ id: 'rows:1', problem: 'c', steps: [{ text: 'a' }, { text: 'b' }] }]);
    expect(report).toMatchObject({ format: splitter, dropped: { 'no proof': 1 }, leftOut: { 'blank step': 1 } });
  });

  it.each([
    ['export default 5;', /must export a function as default, but it exports number/],
    ['export default () => ({ steps: [] });', /line 1: a splitter must return/],
    ["export default () => ({ problem: 'p', steps: ['x'] });", /line 1: the splitter returned steps\[0\] without/],
    ["export default () => { throw new Error('odd'); };", /line 1: the splitter failed: odd/],
  ])('says what is wrong with %s', async (source, message) => {
    await expect(readTrajectories(input(), { splitter: module(source) })).rejects.toThrow(message);
  });

  it('says when there is no such module', async () => {
    const splitter = `${temporaryFolder()}/none.mjs`;
    await expect(readTrajectories(input(), { splitter })).rejects.toThrow(/none\.mjs cannot be loaded/);
  });
});

it.each([
  ['numbered.jsonl', 'numbered', 8],
  ['steps.jsonl', 'steps', 6],
  ['agent.traj.json', 'swe', 4],
])('the sample examples/data/%s is read as %s', async (name, format, instances) => {
  const { report } = await readInstances(join(packageRoot, 'examples/data', name));
  expect(report).toMatchObject({ format, instances });
});
