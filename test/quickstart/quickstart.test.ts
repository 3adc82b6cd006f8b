/** The quickstart with the real core and the base model that comes with Foothold. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../lib/quickstart/evaluate.js';
import { quickstart } from '../../lib/quickstart/quickstart.js';
import { foothold } from '../cli/run.js';

interface QuickstartFigures {
  before: Evaluation;
  after: Evaluation;
}

const folder = mkdtempSync(join(tmpdir(), 'foothold-quickstart-'));
const jsonLines = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('foothold quickstart', () => {
  const taken = join(folder, 'run');
  const output = `${taken}-2`;
  let table: string[] = [];

  it('runs from end to end, into another folder where its own is taken, and reports what was generated', () => {
    mkdirSync(taken);
    writeFileSync(join(taken, 'notes.txt'), 'not a run');
    const { status, stdout, stderr } = foothold(['quickstart', '--steps', '2', '--out', taken], { NO_COLOR: '1' });
    expect(status, stderr).toBe(0);
    table = stdout.split('\n');
    expect(stdout).toContain(`${taken} is taken; this run goes into ${output}.`);
    expect(stderr).toMatch(/step 2\/2 {2}reward 0\.\d+/);
    expect(stdout).toMatch(/^problems solved alone +\d+\.\d % +\d+\.\d %$/m);
    expect(stdout).toMatch(/^steps exactly right +\d+\.\d % +\d+\.\d %$/m);
    expect(stdout).toMatch(/^mean reward of a step +0\.\d{3} +[01]\.\d{3}$/m);
    expect(stdout).toMatch(/preference is\s+engineered/);
    expect(stdout.match(/^ {2}before {2}<think>.+<\/think>[abc]=\d\d$/gm)).toHaveLength(3);
    expect(stdout.match(/^ {2}after {3}<think>/gm)).toHaveLength(3);
    expect(stdout).toContain(`generate --model ${join(output, 'model')}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for
    expect(stdout).not.toMatch(/\x1b/);
    const ownLines = table.filter((line) => !line.includes(folder));
    expect(Math.max(...ownLines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  }, 300_000);

  it('shows the figures that it computed', () => {
    const { before, after } = JSON.parse(readFileSync(join(output, 'quickstart.json'), 'utf8')) as QuickstartFigures;
    expect(before).toMatchObject({ problems: 400, steps: 1200 });
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    const row = table.find((line) => line.startsWith('steps exactly right'))!;
    expect(row.split(/\s{2,}/)).toEqual(['steps exactly right', percent(before.exactSteps), percent(after.exactSteps)]);
  });

  it('leaves an ordinary run directory, whose model other commands take', () => {
    expect(jsonLines(join(output, 'metrics.jsonl')).map(({ step }) => step)).toEqual([0, 1, 2]);
    for (const name of ['config.yaml', 'samples.jsonl', 'model/model.safetensors', 'data/test.jsonl']) {
      expect(existsSync(join(output, name)), name).toBe(true);
    }
    const { status, stdout } = foothold([
      'generate',
      '--model',
      join(output, 'model'),
      '--prompt',
      'a+38 b+19 c+56: 47',
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^<think>47a\+38.*<\/think>a=\d\d\n$/);
    const dry = foothold(['train', join(output, 'config.yaml'), '--dry-run']);
    expect(dry.stdout).toContain('6000 instances to train on, 300 held out');
  }, 60_000);

  it.each([
    ['--seed', '-1'],
    ['--seed', '1.5'],
    ['--steps', '0'],
  ])('refuses %s %s', (...words) => {
    expect(foothold(['quickstart', ...words]).status).toBe(2);
  });
});

it('SRL raises what the base does on held-out problems', async () => {
  const { before, after } = await quickstart({ output: join(folder, 'learning'), seed: 4, maxSteps: 40 });
  expect(before.careful).toBeLessThan(0.2);
  expect(after!.exactSteps - before.exactSteps).toBeGreaterThan(0.2);
  expect(after!.meanReward).toBeGreaterThan(before.meanReward + 0.05);
  expect(after!.accuracy).toBeGreaterThan(before.accuracy + 0.4);
}, 600_000);
