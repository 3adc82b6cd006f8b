import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ratio, SequenceMatcher } from '../../lib/difflib/index.js';
import { Random, randomPair } from '../difflib/generators.js';
import { foothold } from './run.js';

const folder = mkdtempSync(join(tmpdir(), 'foothold-score-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

const random = new Random(3);
const pairs = Array.from({ length: 20_000 }, (_, i) => (i % 50 === 0 ? randomPair(random) : ['ab', `b${i}`]));
const pairLines = pairs.map(([a, b]) => JSON.stringify({ a, b }));

describe('foothold score', () => {
  it('prints the ratio of each line in order, over several batches', () => {
    const { status, stdout, stderr } = foothold(['score', file('pairs.jsonl', pairLines)]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const expected = pairs.map(([a, b]) => ({ ratio: ratio(a!, b!) }));
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(expected);
  });

  it('reads standard input', () => {
    const input = '{"a":"abcd","b":"bcde"}\n{"a":"","b":""}';
    expect(foothold(['score', '-'], {}, input).stdout).toBe('{"ratio":0.75}\n{"ratio":1}\n');
    expect(foothold(['score'], {}, input).stdout).toBe('{"ratio":0.75}\n{"ratio":1}\n');
  });

  it('prints blocks, and draws the pairs', () => {
    const page = join(folder, 'page.html');
    const input = '{"a":"x<b>&","b":"y<b>"}\n';
    const { stdout } = foothold(['score', '--blocks', '--html', page], {}, input);
    expect(JSON.parse(stdout)).toEqual({
      ratio: (2 * 3) / 9,
      blocks: [
        [1, 1, 3],
        [5, 4, 0],
      ],
    });
    const html = readFileSync(page, 'utf8');
    expect(html).toContain(
      '<del>x</del><mark style="--hue:0" title="block 1, 3 characters">&lt;b&gt;</mark><del>&amp;</del>',
    );
    expect(html).toContain('<ins>y</ins><mark style="--hue:0" title="block 1, 3 characters">&lt;b&gt;</mark></pre>');
  });

  it('takes autojunk from its option', () => {
    const [a, b] = ['ab'.repeat(150), 'ba'.repeat(150)];
    const path = file('autojunk.jsonl', [JSON.stringify({ a, b })]);
    expect(JSON.parse(foothold(['score', path]).stdout).ratio).toBe(ratio(a, b));
    const withAutojunk = JSON.parse(foothold(['score', path, '--autojunk', '--threads', '1']).stdout).ratio;
    expect(withAutojunk).toBe(new SequenceMatcher(null, a, b).ratio());
    expect(withAutojunk).not.toBe(ratio(a, b));
  });

  it.each([
    ['{"a":"x"}', '"b" is missing or no string'],
    ['{"a":1,"b":"x"}', '"a" is missing or no string'],
    ['null', '"a" is missing or no string'],
    ['{"a":', 'not valid JSON'],
  ])('names the line of %s, after the lines before it', (bad, reason) => {
    const page = join(folder, 'never.html');
    const path = file('bad.jsonl', ['{"a":"x","b":"x"}', bad, '{"a":"x","b":"x"}']);
    const { status, stdout, stderr } = foothold(['score', path, '--html', page]);
    expect(status).toBe(1);
    expect(stdout).toBe('{"ratio":1}\n');
    expect(stderr).toContain(`${path} line 2: ${reason}`);
    expect(() => readFileSync(page)).toThrow();
  });

  it.each([
    [['missing.jsonl'], 'missing.jsonl cannot be read'],
    [[folder], 'it is a folder'],
  ])('says why %s cannot be read', (args, reason) => {
    const { status, stderr } = foothold(['score', ...args]);
    expect(status).toBe(1);
    expect(stderr).toContain(reason);
  });

  it('refuses a number of threads that is none', () => {
    const { status, stderr } = foothold(['score', '--threads', '0'], {}, '');
    expect(status).toBe(2);
    expect(stderr).toContain('--threads must be a whole number from 1.');
  });
});
