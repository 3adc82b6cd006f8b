/** Data files that mean harm: rows are read, dropped with a reason, or refused by file and line; soon, and in little memory. */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { readInstances } from '../../lib/data/read.js';
import { UserError } from '../../lib/errors.js';
import { jsonLines, temporaryFile, temporaryFolder } from './helpers.js';

const read = (content: string | Uint8Array, name = 'rows.jsonl') => readInstances(temporaryFile(name, content));
const good = { problem: 'p', steps: ['a', 'b'] };
const attempt = (text: string) => jsonLines([{ question: 'p', deepseek_attempt: text }]);
const agent = (asked: string, answered: string) =>
  jsonLines([
    {
      instance_id: 'a',
      messages: [
        { role: 'user', content: asked },
        { role: 'assistant', content: answered },
        { role: 'user', content: 'done' },
      ],
    },
  ]);

describe('a file with', () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    [
      'a row whose columns are all behind __proto__',
      '{"__proto__":{"problem":"p","steps":["a","b"]}}\n',
      /line 1: no known/,
    ],
    [
      'a million brackets',
      `{"problem":"p","steps":${'['.repeat(1e6)}${']'.repeat(1e6)}}\n`,
      /"steps\[0\]" must be a str/,
    ],
    ['NUL bytes alone', '\0\0\0\0', /line 1: not valid JSON/],
    ['UTF-16', Buffer.from(`\uFEFF${jsonLines([good])}`, 'utf16le'), /line 1: not valid UTF-8/],
    ['bytes that are not text', Buffer.from('{"problem":"\xff"}', 'latin1'), /line 1: not valid UTF-8/],
    [
      'a step number beyond all',
      '{"problem":"p","context":[],"target":"t","step":1e300,"numSteps":2}',
      /"step" must be/,
    ],
    [
      'a negative count of steps',
      '{"problem":"p","context":[],"target":"t","step":1,"numSteps":-1}',
      /"numSteps" must be/,
    ],
  ])('%s is refused by its line', async (_, content, message) => {
    const error = await read(content).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message.length).toBeLessThan(1000);
  });

  it('a line without an end is refused before it fills the memory', async () => {
    const file = join(temporaryFolder(), 'long.jsonl');
    const stream = createWriteStream(file);
    for (let i = 0; i < 257; i++) stream.write(Buffer.alloc(2 ** 20, 'a'));
    stream.end();
    await finished(stream);
    await expect(readInstances(file)).rejects.toThrow(/long\.jsonl line 1: longer than 268435456 bytes/);
  });

  it('a JSON document of gigabytes is refused', async () => {
    const file = join(temporaryFolder(), 'large.json');
    const stream = createWriteStream(file, { start: 2 ** 32 }); // a hole, which takes no space
    stream.end(']');
    await finished(stream);
    await expect(readInstances(file)).rejects.toThrow(/large\.json.*(too many for one JSON document|longer than)/);
  });

  it.each([
    'PAR1',
    `PAR1${'x'.repeat(100)}PAR1`,
    'PAR1\xff\xff\xff\x7fPAR1',
    `PAR1${'\x15\x04\x19\x4c'.repeat(50)}\xc8\0\0\0PAR1`,
  ])('broken Parquet is refused: %j', async (content) => {
    await expect(read(Buffer.from(content, 'latin1'), 'rows.parquet')).rejects.toThrow(UserError);
  });
});

describe('what is odd but can be read', () => {
  it.each<[string, string]>([
    ['a byte order mark', `\uFEFF${jsonLines([good])}`],
    [
      'keys of the prototype',
      '{"__proto__":{"problem":"x"},"constructor":"x","toString":"x","problem":"p","steps":["a","b"]}\n',
    ],
    [
      'an unused column 100,000 deep',
      `{"problem":"p","steps":["a","b"],"x":${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}}\n`,
    ],
  ])('%s', async (_, content) => {
    const { train } = await read(content);
    expect(train.map(({ problem, target }) => ({ problem, target }))).toEqual([{ problem: 'p', target: 'a' }]);
    expect(({} as Record<string, unknown>).problem).toBeUndefined();
  });

  it('lone surrogates and NUL inside of texts stay as they are', async () => {
    const { train } = await read('{"problem":"\\ud800\\u0000","steps":["\\udc00a","b"]}\n');
    expect(train[0]).toMatchObject({ problem: '\ud800\0', target: '\udc00a' });
  });

  it('ids of the prototype and ids given 20,000 times', async () => {
    const { train } = await read(
      jsonLines(['__proto__', 'a~2', ...Array(20_000).fill('a')].map((id) => ({ ...good, id }))),
    );
    expect(new Set(train.map(({ id }) => id)).size).toBe(20_002);
  });

  it('a solution of more than 1,000 steps is dropped with the reason: its instances would grow with the square', async () => {
    const rows = [{ ...good, steps: Array(200_000).fill('a') }, good];
    const { train, report } = await read(jsonLines(rows));
    expect(train).toHaveLength(1);
    expect(report.dropped).toEqual({ 'more than 1000 steps': 1 });
  });
});

const n = 200_000;
describe('texts that would take patterns the square of their length', () => {
  it.each<[string, string]>([
    ['headings', attempt(Array.from({ length: n / 4 }, (_, i) => `### Step ${i + 1}: a`).join('\n'))],
    ['lists that begin again', attempt(Array.from({ length: n / 4 }, (_, i) => `${(i % 3) + 1}. **a** b`).join('\n'))],
    ['a fence of backticks', attempt(`${'`'.repeat(n)}\n1. **a** b\n2. **b** c`)],
    ['dots in a title', attempt(`1. **a${'.'.repeat(n)}x** b\n2. **b** c`)],
    ['spaces before a line separator', attempt(`1. **a**${' '.repeat(n)}x\u2028 b\n2. **b** c`)],
    ['blank lines', attempt(`1. **a**${'\n'.repeat(n)}x b\n2. **b** c${'\n'.repeat(n)}x`)],
    ['boxes never closed', attempt(`${'\\boxed{'.repeat(n / 4)}\n1. **a** b\n2. **b** c`)],
    ['environments never closed', attempt(`${'\\begin{a}\n'.repeat(n / 10)}1. **a** b\n2. **b** c`)],
    ['issues never closed', agent('<issue>'.repeat(n), '```bash\nls\n```')],
    ['an issue of blank lines', agent(`ISSUE:\n${'\n'.repeat(n)}`, '```bash\nls\n```')],
    ['fences never closed', agent('p', '```bash\n'.repeat(n))],
    ['calls never closed', agent('p', '<function='.repeat(n))],
    ['parameters never closed', agent('p', `<function=f>${'<parameter=a>'.repeat(n)}</function>`)],
    ['calculator marks', jsonLines([{ question: 'p', answer: `${'<<1='.repeat(n)}\n#### 5` }])],
  ])('%s', async (_, content) => {
    const before = process.cpuUsage();
    await read(content).catch((error: unknown) => expect(error).toBeInstanceOf(UserError));
    expect(process.cpuUsage(before).user).toBeLessThan(5e6); // microseconds; less than a second on an idle machine
  });
});
