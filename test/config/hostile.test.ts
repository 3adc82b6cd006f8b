/** Configuration files that mean harm, or are no configuration: a named error, soon, and nothing else. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { configToYaml, loadConfig } from '../../lib/config/index.js';
import { UserError } from '../../lib/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'foothold-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'run.yaml');
const load = (content: string | Uint8Array, sets: string[] = []) => {
  writeFileSync(file, content);
  return loadConfig(file, sets);
};

const good = 'model: m\ndata: d\nmethod: sft\noutput: o\nmaxPromptLength: 1\nbatchSize: 1\n';
const without = (key: string) => good.replace(new RegExp(`^${key}: .*\n`, 'm'), '');
const list = (item: string) => `[${Array(9).fill(item).join(', ')}]`;
const bomb = Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} ${list(i === 0 ? 'x' : `*a${i - 1}`)}\n`).join('');
const keys = (count: number) => Array.from({ length: count }, (_, i) => `k${i}: 1\n`).join('');

describe('a configuration with', () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    ['aliases that unfold to 9^12 texts', bomb + good, /run\.yaml: cannot be unfolded: Excessive alias count/],
    [
      'a list that holds itself',
      `model: &a [*a]\n${without('model')}`,
      /an anchor \(&\) holds an alias \(\*\) of itself/,
    ],
    ['a map that holds itself', `model: &a { path: *a }\n${without('model')}`, /holds an alias \(\*\) of itself/],
    ['100,000 brackets', `model: ${'['.repeat(60_000)}`, /run\.yaml:1: not valid YAML/],
    ['maps 300 deep', Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /missing|unknown key/],
    ['10 million characters', good + '#'.repeat(1e7), /has 10000071 characters; a configuration has at most 65536/],
    ['1,000 unknown keys', good + keys(1000), /^(.*k\d+: unknown key.*\n?){20}$/],
    ['an unknown key of 1,000 characters', `${good}${'k'.repeat(1000)}: 1`, /run\.yaml:7: k{57}…: unknown key/],
    ['__proto__', `${good}__proto__: { seed: 7 }\n`, /run\.yaml:7: __proto__: unknown key/],
    [
      '__proto__ inside',
      `model: { path: m, __proto__: { dtype: bfloat16 } }\n${without('model')}`,
      /model\.__proto__: unk/,
    ],
    [
      'constructor and toString',
      `${good}constructor: 1\ntoString: 2\n`,
      /constructor: unknown key.*\n.*toString: unknown key/,
    ],
    ['a NUL between keys', `${good}\0`, /run\.yaml:7: not valid YAML/],
    ['a key twice', `${good}method: srl\n`, /run\.yaml:7: not valid YAML: Map keys must be unique/],
    ['two documents', `${good}---\n${good}`, /not valid YAML: Source contains multiple documents/],
    ['binary data', `${good}seed: !!binary aGVsbG8=\n`, /run\.yaml:7: seed: expected a number/],
    [
      'a number beyond all',
      good.replace('batchSize: 1', 'batchSize: 1e400'),
      /run\.yaml:6: batchSize: expected a number/,
    ],
    ['no number', good.replace('batchSize: 1', 'batchSize: .nan'), /batchSize: expected a number/],
    [
      'a whole number too large',
      good.replace('batchSize: 1', `batchSize: ${'9'.repeat(20)}`),
      /expected at most 9007199254740991/,
    ],
    ['bytes that are not text', Buffer.from([0xff, 0xfe, 0x00, 0x80]), /run\.yaml(:1)?: /],
    ['nothing', '', /expected a map of keys/],
    ['a list', '- 1', /expected a map of keys/],
  ])('%s is refused by name', (_, content, message) => {
    const begun = performance.now();
    const error = (() => {
      try {
        return load(content);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message.length).toBeLessThan(20_000);
    expect(performance.now() - begun).toBeLessThan(10_000); // tens of milliseconds; room for a busy machine
  });

  it('a byte order mark is read', () => {
    expect(load(`\uFEFF${good}`).model.path).toBe('m');
  });

  it('a tag of another language is its text: nothing is run', () => {
    expect(load(`model: !!js/function 'function () { throw 1 }'\n${without('model')}`).model.path).toMatch(/^function/);
  });
});

it('--set reaches no prototype', () => {
  for (const set of ['__proto__.seed=7', 'constructor.prototype.seed=7', 'model.__proto__.dtype=bfloat16']) {
    expect(() => load(good, [set])).toThrow(UserError);
  }
  expect(({} as Record<string, unknown>).seed).toBeUndefined();
  expect(() => load(good, [`seed=${'['.repeat(10_000)}`])).toThrow(/the value is not valid YAML/);
});

it('any damage of a good file gives a configuration or a named error', () => {
  const text = configToYaml(load(good));
  const piece = fc.constantFrom(
    '&a ',
    '*a',
    '<<: ',
    '- ',
    '? ',
    '{',
    '}',
    '[',
    ']',
    ': ',
    '\n',
    '!!set ',
    '"',
    '\0',
    '~',
    '1e999',
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(text.length), piece), { minLength: 1, maxLength: 4 }), (changes) => {
      const damaged = changes.reduce((at, [place, inserted]) => at.slice(0, place) + inserted + at.slice(place), text);
      try {
        load(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }),
    { numRuns: 300 },
  );
});
