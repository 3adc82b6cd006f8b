import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { temporaryFile } from '../data/helpers.js';
import { foothold } from './run.js';

const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('foothold verify', () => {
  it('answers line by line, in order, from a file or standard input', () => {
    const input = [
      { gold: '$\\frac12$', pred: 'So it is \\boxed{0.5}.' },
      { gold: 27, pred: '\\boxed{28}' },
      { gold: '(1,2)', pred: '(2,1)' },
      { gold: '(1,2)', pred: '(2,1)', strict: false },
      { gold: '', pred: '5' },
    ];
    const text = input.map((pair) => `${JSON.stringify(pair)}\n`).join('\n');
    const expected = [
      { equal: true, gold: '\\frac12', pred: '0.5' },
      { equal: false, gold: '27', pred: '28' },
      { equal: false, gold: '(1,2)', pred: '(2,1)' },
      { equal: true, gold: '(1,2)', pred: '(2,1)' },
      { equal: null, gold: '', pred: '5' },
    ];
    expect(lines(foothold(['verify'], {}, text).stdout)).toEqual(expected);
    expect(lines(foothold(['verify', temporaryFile('pairs.jsonl', text)]).stdout)).toEqual(expected);
    expect(lines(foothold(['verify', '--no-strict'], {}, text).stdout)[2]).toMatchObject({ equal: true });
  });

  it.each([
    ['{"gold": "1"}', 'line 2: "pred" must be a string or a number, but it is missing'],
    ['[1]', 'line 2: expected a JSON object, but found array'],
    ['{"gold": "1"', 'line 2: not valid JSON'],
    ['{"gold": "1", "pred": "1", "strict": 1}', 'line 2: "strict" must be true or false'],
  ])('names the line that is wrong: %s', (line, message) => {
    const file = temporaryFile('pairs.jsonl', '');
    writeFileSync(file, `{"gold": "1", "pred": "1"}\n${line}\n{"gold": "1", "pred": "1"}\n`);
    const { status, stdout, stderr } = foothold(['verify', file]);
    expect(status).toBe(1);
    expect(lines(stdout)).toHaveLength(1);
    expect(stderr).toContain(`${file} ${message}`);
  });
});
