/** Equality with CPython 3.11, by the fixtures of scripts/fixtures/sequence_matcher.py. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createMatcher } from '../../bindings/text.js';
import { getCloseMatches, type Match, ratio, ratios, SequenceMatcher } from '../../lib/difflib/index.js';
import { allStrings, alphabet, edited, junkFunctions, Random, randomPair, separated, text } from './generators.js';

const fixtures = join(import.meta.dirname, '../fixtures/difflib');
const data = process.env.FOOTHOLD_DATA ?? resolve(import.meta.dirname, '../../../shared/data');

function readGzip(name: string): Buffer {
  return gunzipSync(readFileSync(join(fixtures, name)));
}

function blockBytes(blocks: readonly Match[]): Buffer {
  return Buffer.from(Uint32Array.from(blocks.flatMap(({ a, b, size }) => [a, b, size])).buffer);
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

const matchedIn = (blocks: readonly Match[]) => blocks.reduce((sum, block) => sum + block.size, 0);

describe('CPython 3.11', () => {
  it('agrees on the blocks of all pairs of strings over {a, b, c} up to length 6', { timeout: 120_000 }, () => {
    const expected = readFileSync(join(fixtures, 'exhaustive.bin')).toString('hex').match(/.{16}/g)!;
    const strings = allStrings(6);
    const matcher = createMatcher();
    const wrong = strings.filter((b, row) => {
      matcher.setSeq2(b, new Uint32Array(), true);
      const blocks = strings.flatMap((a) => {
        matcher.setSeq1(a);
        return [...matcher.matchingBlocks(), a.length, b.length, 0];
      });
      return sha256(Buffer.from(Uint32Array.from(blocks).buffer)).slice(0, 16) !== expected[row];
    });
    expect(expected.length).toBe(1093);
    expect(wrong).toEqual([]);
  });

  it('agrees on 20,000 random pairs, with and without autojunk, one by one and as a batch', { timeout: 60_000 }, () => {
    const rows = readGzip('random.bin.gz');
    const random = new Random(20251125);
    const pairs = Array.from({ length: rows.length / 16 }, () => randomPair(random));
    expect(pairs.length).toBe(20_000);
    for (const autojunk of [false, true]) {
      const batch = ratios(
        pairs.map(([a]) => a),
        pairs.map(([, b]) => b),
        { autojunk },
      );
      const wrong = pairs.filter(([a, b], i) => {
        const at = 16 * i + (autojunk ? 8 : 0);
        const matched = rows.readUInt32LE(at);
        const total = [...a].length + [...b].length;
        const blocks = new SequenceMatcher(null, a, b, autojunk).getMatchingBlocks();
        const sameBlocks = sha256(blockBytes(blocks)).slice(0, 8) === rows.toString('hex', at + 4, at + 8);
        return !sameBlocks || batch[i] !== (total === 0 ? 1 : (2 * matched) / total);
      });
      expect(wrong).toEqual([]);
    }
  });

  it('agrees on everything else a SequenceMatcher can be asked, with junk functions and ranges', () => {
    const cases = JSON.parse(readGzip('details.json.gz').toString());
    const names = [null, ...Object.keys(junkFunctions)];
    const random = new Random(7);
    for (const expected of cases) {
      const [a, b] = randomPair(random);
      const junk = names[random.below(names.length)]!;
      const autojunk = random.below(2) === 1;
      const matcher = new SequenceMatcher(junk === null ? null : junkFunctions[junk]!, a, b, autojunk);
      const [length1, length2] = [[...a].length, [...b].length];
      const drawRange = (length: number) =>
        [random.below(length + 1), random.below(length + 1)].sort((x, y) => x - y) as [number, number];
      const ranges = [0, 1, 2].map(() => {
        const range = [...drawRange(length1), ...drawRange(length2)] as [number, number, number, number];
        const match = matcher.findLongestMatch(...range);
        return [...range, match.a, match.b, match.size];
      });
      const n = random.below(5);
      const found = {
        junk,
        autojunk,
        ranges,
        ratio: matcher.ratio(),
        quickRatio: matcher.quickRatio(),
        realQuickRatio: matcher.realQuickRatio(),
        n,
        blocks: sha256(blockBytes(matcher.getMatchingBlocks())).slice(0, 16),
        bjunk: Array.from(matcher.bjunk, (character) => character.codePointAt(0)!).sort((x, y) => x - y),
        bpopular: Array.from(matcher.bpopular, (character) => character.codePointAt(0)!).sort((x, y) => x - y),
        opcodes: sha256(JSON.stringify(matcher.getOpcodes())).slice(0, 16),
        grouped: sha256(JSON.stringify(matcher.getGroupedOpcodes(n))).slice(0, 16),
      };
      expect(found, JSON.stringify([a, b])).toEqual(expected);
    }
    expect(cases.length).toBe(1500);
  });

  it('agrees on close matches and their order', () => {
    const cases = JSON.parse(readGzip('close_matches.json.gz').toString());
    const random = new Random(11);
    for (const expected of cases) {
      const characters = alphabet(random);
      const word = text(random, characters, 1 + random.below(12));
      const possibilities = Array.from({ length: random.below(12) }, () => separated(edited(random, characters, word)));
      const n = 1 + random.below(4);
      const cutoff = random.below(11) / 10;
      expect(getCloseMatches(separated(word), possibilities, n, cutoff)).toEqual(expected);
    }
    expect(cases.length).toBe(400);
  });

  it('agrees on arrays', () => {
    for (const { a, b, ...expected } of JSON.parse(readFileSync(join(fixtures, 'arrays.json'), 'utf8'))) {
      const matcher = new SequenceMatcher<unknown>(null, a, b);
      const blocks = matcher.getMatchingBlocks().map((block) => [block.a, block.b, block.size]);
      expect({ ratio: matcher.ratio(), blocks }, JSON.stringify({ a, b })).toEqual(expected);
    }
  });
});

function gsm8kLines(): string[] {
  const answers = readFileSync(join(data, 'gsm8k/test.jsonl'), 'utf8').trimEnd().split('\n');
  return answers.flatMap((line): string[] => JSON.parse(line).answer.split('\n')).slice(0, 1501);
}

function sweMessages(): string[] {
  return readdirSync(join(data, 'swe'))
    .sort()
    .flatMap((name) => JSON.parse(readFileSync(join(data, 'swe', name), 'utf8')).messages)
    .filter(({ role, content }) => role === 'assistant' && typeof content === 'string')
    .map(({ content }): string => content)
    .slice(0, 201);
}

describe.skipIf(!existsSync(data))(`CPython 3.11 on real texts (skipped when there is no ${data})`, () => {
  it('agrees on neighbouring lines of GSM8K and messages of SWE agents', () => {
    const counts = readGzip('real.bin.gz');
    let at = 0;
    for (const texts of [gsm8kLines(), sweMessages()]) {
      for (let i = 0; i + 1 < texts.length; i++) {
        for (const autojunk of [false, true]) {
          const matched = counts.readUInt32LE(4 * at++);
          const total = [...texts[i]!].length + [...texts[i + 1]!].length;
          expect(ratio(texts[i]!, texts[i + 1]!, { autojunk })).toBe((2 * matched) / total);
          const blocks = new SequenceMatcher(null, texts[i]!, texts[i + 1]!, autojunk).getMatchingBlocks();
          expect(matchedIn(blocks)).toBe(matched);
        }
      }
    }
    expect(4 * at).toBe(counts.length);
  });
});
