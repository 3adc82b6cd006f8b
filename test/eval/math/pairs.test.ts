import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../bindings/load.js';
import { verifyAnswer, verifyAnswers } from '../../../lib/eval/index.js';
import { hasSharedData, needsSharedData, sharedData } from '../../data/helpers.js';

interface Pair {
  section: string;
  line: number;
  expected: boolean | null;
  gold: string;
  pred: string;
  strict: boolean;
}

/** `verdict || gold || pred [|| nonstrict]` a line, under headings. `\n#` in an answer is a line break. */
function readPairs(): Pair[] {
  const file = join(packageRoot, 'test/fixtures/eval/answer_pairs.txt');
  const pairs: Pair[] = [];
  let section = '';
  for (const [i, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (line.startsWith('## ')) section = line.slice(3);
    if (line === '' || line.startsWith('# ') || line.startsWith('## ')) continue;
    const [verdict, gold = '', pred = '', mode] = line.split('||').map((part) => part.trim());
    const expected = verdict === 'T' ? true : verdict === 'F' ? false : null;
    pairs.push({
      section,
      line: i + 1,
      expected,
      gold,
      pred: pred.replaceAll('\\n#', '\n#'),
      strict: mode !== 'nonstrict',
    });
  }
  return pairs;
}

const pairs = readPairs();
const sections = [...new Set(pairs.map(({ section }) => section))];

/** Kinds for which equality runs both ways whichever side is the reference: all but extraction and choices. */
const ONE_SIDED = new Set(['extraction', 'ratios, bases, words, choices']);

describe('pairs of answers', () => {
  it('are many', () => expect(pairs.length).toBeGreaterThan(500));

  it.each(sections)(
    '%s',
    async (section) => {
      for (const { line, expected, gold, pred, strict } of pairs.filter((pair) => pair.section === section)) {
        const { equal } = await verifyAnswer(gold, pred, { strict });
        expect(equal, `line ${line}: ${gold} || ${pred}`).toBe(expected);
      }
    },
    60_000,
  );

  it.each(sections.filter((section) => !ONE_SIDED.has(section)))(
    '%s, sides exchanged',
    async (section) => {
      for (const { line, expected, gold, pred, strict } of pairs.filter((pair) => pair.section === section)) {
        const { equal } = await verifyAnswer(pred, gold, { strict });
        expect(equal, `line ${line}: ${pred} || ${gold}`).toBe(expected);
      }
    },
    60_000,
  );
});

describe('the shared cases', () => {
  it.skipIf(!hasSharedData)(
    `agree to 95 % and never wrongly say true${needsSharedData}`,
    async () => {
      const lines = readFileSync(join(sharedData, 'math/answer_equivalence.jsonl'), 'utf8').trim().split('\n');
      const rows = lines.map(
        (line) => JSON.parse(line) as { gold: string; pred: string; expected: boolean; strict: boolean },
      );
      const verdicts = await verifyAnswers(rows);
      const agreeing = rows.filter((row, i) => verdicts[i]!.equal === row.expected);
      const wrongTrue = rows.filter((row, i) => verdicts[i]!.equal === true && !row.expected);
      expect(wrongTrue).toEqual([]);
      expect(agreeing.length / rows.length).toBeGreaterThanOrEqual(0.95);
    },
    60_000,
  );
});
