import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../bindings/load.js';
import { prepare } from '../../lib/data/prepare.js';
import { readInstances } from '../../lib/data/read.js';
import { fixture, jsonLines, temporaryFile, temporaryFolder } from './helpers.js';

function foothold(...args: string[]) {
  const main = join(packageRoot, 'lib/cli/main.ts');
  return spawnSync(process.execPath, ['--import', 'tsx', main, 'prepare', ...args], {
    cwd: packageRoot,
    encoding: 'utf8',
  });
}

const rows = Array.from({ length: 30 }, (_, n) => ({ problem: `p${n}`, steps: ['a', 'b', 'c'] }));

describe('prepare', () => {
  it('writes what readInstances gives, split the same way', async () => {
    const input = temporaryFile('a.jsonl', jsonLines(rows));
    const folder = temporaryFolder();
    const out = join(folder, 'new/train.jsonl');
    const validationOut = join(folder, 'validation.jsonl');
    const validation = { count: 4, seed: 7 };
    const report = await prepare(input, { out, validationOut, validation });
    const direct = await readInstances(input, { validation });
    expect((await readInstances(out)).train).toEqual(direct.train);
    expect((await readInstances(validationOut)).train).toEqual(direct.validation);
    expect(report).toMatchObject({ instances: 60, train: 52, validation: 8 });
    expect(report.samples).toHaveLength(10);
    expect([readdirSync(folder), readdirSync(join(folder, 'new'))]).toEqual([
      ['new', 'validation.jsonl'],
      ['train.jsonl'],
    ]);
  });

  it('any text survives the way through the file', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.integer({ min: 0xd700, max: 0xe000 }).map((c) => String.fromCharCode(c)) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 2, maxLength: 5 }), async (texts) => {
        const steps = texts.map((t) => `${t}.`);
        const out = join(temporaryFolder(), 'out.jsonl');
        await prepare(temporaryFile('a.jsonl', jsonLines([{ problem: 'p', steps }])), { out, dropStep: 'none' });
        const { train } = await readInstances(out);
        expect(train.map(({ target }) => target)).toEqual(steps);
      }),
      { numRuns: 50 },
    );
  });

  it('leaves the old file as it was when the input is bad', async () => {
    const out = temporaryFile('out.jsonl', 'old\n');
    const input = temporaryFile('a.jsonl', `${jsonLines(rows)}{"problem": 5, "steps": []}\n`);
    await expect(prepare(input, { out })).rejects.toThrow('line 31: "problem" must be a string, but it is number');
    expect(readFileSync(out, 'utf8')).toBe('old\n');
    expect(existsSync(`${out}.partial`)).toBe(false);
  });

  it('refuses to write over its input, and to write nothing', async () => {
    const input = temporaryFile('a.jsonl', jsonLines([{ problem: 'p', steps: ['only'] }]));
    await expect(prepare(input, { out: input })).rejects.toThrow('must be different files');
    await expect(prepare(input, { out: `${input}.out` })).rejects.toThrow(
      /none of 1 rows gives an instance: 1 because only one step/,
    );
  });

  it('reports lengths in tokens where it can count them', async () => {
    const input = temporaryFile('a.jsonl', jsonLines([{ problem: 'one two', steps: ['a b c', 'd'] }]));
    const countTokens = (text: string) => text.split(/\s+/).filter(Boolean).length;
    const { tokens } = await prepare(input, { out: `${input}.out`, countTokens });
    expect(tokens).toMatchObject({ problem: { max: 2 }, context: { max: 0 }, target: { max: 3 } });
  });
});

describe('foothold prepare', () => {
  it('prints a report, or JSON', () => {
    const out = join(temporaryFolder(), 'out.jsonl');
    const printed = foothold(fixture('numbered.jsonl'), '--out', out);
    expect(printed.stderr).toBe('');
    expect(printed.status).toBe(0);
    expect(printed.stdout).toContain('6 rows of format numbered in 1 file');
    expect(printed.stdout).toContain('2: the solution is empty');
    expect(printed.stdout).toContain('target   **Pair the terms**');
    const json = JSON.parse(foothold(fixture('numbered.jsonl'), '--out', out, '--json', '--title', 'context').stdout);
    expect(json).toMatchObject({ rows: 6, kept: 2, train: 3 });
    expect(json.samples[0].hint).toBeTypeOf('string');
  });

  it('takes a map and a splitter', () => {
    const out = join(temporaryFolder(), 'out.jsonl');
    expect(
      foothold(fixture('others.jsonl'), '--out', out, '--map', 'prompt=input_prompt,target=expert_action').status,
    ).toBe(0);
    const splitter = temporaryFile(
      'split.ts',
      'export default (row: { p: string }) => ({ problem: row.p, steps: [{ text: "a" }, { text: "b" }] });\n',
    );
    const input = temporaryFile('a.jsonl', '{"p": "x"}\n');
    expect(foothold(input, '--out', out, '--splitter', splitter)).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    [['--map', 'prompt'], 2, '--map: "prompt" is not NAME=COLUMN'],
    [['--format', 'csv'], 2, 'Invalid values'],
    [['--validation-count', '3'], 2, 'give --validation-out'],
    [['--context-pairs', '1.5'], 2, '--context-pairs must be a whole number'],
    [['--formt', 'swe'], 2, 'formt'],
    [['--format', 'numbered'], 1, 'no text in "deepseek_attempt" or'],
  ])('%j fails with a message', (args, status, message) => {
    const input = temporaryFile('a.jsonl', jsonLines(rows));
    const result = foothold(input, '--out', `${input}.out`, ...args);
    expect(result.stderr).toContain(message);
    expect(result.status).toBe(status);
  });

  it('does not need memory for the whole file', () => {
    const step = 'x'.repeat(20_000);
    const line = jsonLines([{ problem: 'p', steps: [step, step, step] }]);
    const input = join(temporaryFolder(), 'big.jsonl');
    writeFileSync(input, line.repeat(2000)); // 120 MB
    const main = join(packageRoot, 'lib/cli/main.ts');
    const args = [
      '--max-old-space-size=80',
      '--import',
      'tsx',
      main,
      'prepare',
      input,
      '--out',
      `${input}.out`,
      '--json',
    ];
    const result = spawnSync(process.execPath, args, { cwd: packageRoot, encoding: 'utf8' });
    expect(result.stderr).toBe('');
    expect(JSON.parse(result.stdout)).toMatchObject({ rows: 2000, train: 4000 });
  });
});
