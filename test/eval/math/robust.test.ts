import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyAnswer } from '../../../lib/eval/index.js';
import { SymbolicWorker } from '../../../lib/eval/math/symbolic.js';

/** Pieces of which random but plausible answers are made. */
const PIECES = [
  '\\frac',
  '\\sqrt',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  '\\{',
  '\\}',
  '^',
  '_',
  '+',
  '-',
  '*',
  '/',
  '=',
  '<',
  '\\le',
  '|',
  ',',
  ';',
  '!',
  '%',
  "'",
  '1',
  '2',
  '10',
  '0.5',
  '.',
  'x',
  'y',
  'e',
  'i',
  '\\pi',
  '\\sin',
  '\\ln',
  '\\cup',
  '\\in',
  '\\pm',
  '\\infty',
  '\\text{',
  'and',
  ' ',
  '$',
  '\\boxed{',
  '\\begin{pmatrix}',
  '\\end{pmatrix}',
  '&',
  '\\\\',
  '\\left',
  '\\right',
  '\\overline',
  ':',
  '\\mathbb{R}',
  '\\circ',
  'cm',
  '####',
  'answer is',
  '\\log_',
];
const soup = fc.array(fc.constantFrom(...PIECES), { maxLength: 25 }).map((pieces) => pieces.join(''));

const leaf = fc.constantFrom('1', '2', '7', '0.25', 'x', 'y', '\\pi', '\\frac{3}{4}', '\\sqrt{2}', '-3', 'e');
const { formula } = fc.letrec<{ formula: string }>((tie) => ({
  formula: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(tie('formula'), fc.constantFrom('+', '-', '\\cdot '), tie('formula'))
      .map(([a, op, b]) => `(${a}${op}${b})`),
    fc.tuple(tie('formula'), tie('formula')).map(([a, b]) => `\\frac{${a}}{${b}}`),
    tie('formula').map((a) => `\\sqrt{${a}}`),
    tie('formula').map((a) => `\\sin(${a})`),
    fc.tuple(tie('formula'), fc.integer({ min: 2, max: 3 })).map(([a, n]) => `(${a})^{${n}}`),
  ),
}));

describe('properties', () => {
  it('ends and never throws, whatever the text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(soup, fc.string({ unit: 'binary', maxLength: 60 })), soup, async (gold, pred) => {
        const { equal } = await verifyAnswer(gold, pred, { timeoutMs: 300 });
        expect([true, false, null]).toContain(equal);
      }),
      { numRuns: 3000, seed: 11 },
    );
  }, 120_000);

  it('finds every answer equal to itself', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(soup, formula), async (text) => {
        const { equal, gold } = await verifyAnswer(text, text);
        expect(equal).toBe(gold === '' ? null : true);
      }),
      { numRuns: 1500, seed: 12 },
    );
  }, 120_000);

  it('sees that x + 0 and 1·x are x, and that x + 1 is not', async () => {
    await fc.assert(
      fc.asyncProperty(formula, async (text) => {
        const options = { timeoutMs: 1000 };
        expect((await verifyAnswer(`$${text}$`, `$1\\cdot ${text}+0$`, options)).equal).not.toBe(false);
        expect((await verifyAnswer(`$${text}$`, `$${text}+1$`, options)).equal).not.toBe(true);
      }),
      { numRuns: 100, seed: 13 },
    );
  }, 120_000);

  it('is symmetric for formulas', async () => {
    await fc.assert(
      fc.asyncProperty(formula, formula, async (a, b) => {
        const options = { timeoutMs: 300 };
        expect((await verifyAnswer(`$${a}$`, `$${b}$`, options)).equal).toBe(
          (await verifyAnswer(`$${b}$`, `$${a}$`, options)).equal,
        );
      }),
      { numRuns: 300, seed: 14 },
    );
  }, 120_000);
});

const repeat = (text: string, times: number) => text.repeat(times);

describe('hostile input', () => {
  const texts: Record<string, string> = {
    letters: repeat('a', 100_000),
    'open braces': repeat('{', 100_000),
    'matched braces': repeat('{', 50_000) + repeat('}', 50_000),
    'open boxes': repeat('\\boxed{', 15_000),
    boxes: repeat('\\boxed{1}, ', 10_000),
    dollars: repeat('$', 100_000),
    'formulas with stops': repeat('$1. ', 25_000),
    'open formulas': repeat('\\(', 50_000),
    backslashes: repeat('\\', 100_001),
    markers: repeat('the answer is ', 7_000),
    'a marker and spaces': `answer${repeat(' ', 100_000)}x`,
    digits: repeat('1', 100_000),
    'groups of digits': repeat('1,111', 20_000),
    verbs: repeat('is ', 33_000),
    lines: repeat('\n', 100_000),
    'lone surrogates': repeat('\ud800', 50_000),
    'deep fractions': `\\boxed{${repeat('\\frac{1}{', 300)}2${repeat('}', 300)}}`,
    'deep powers': `\\boxed{${repeat('9^{', 100)}9${repeat('}', 100)}}`,
    'deep bars': `\\boxed{${repeat('|', 1000)}}`,
    'many signs': `\\boxed{${repeat('\\pm 1, ', 300)}}`,
    'long list': `\\boxed{${Array.from({ length: 300 }, (_, i) => `\\sqrt{${i}}`).join(',')}}`,
    'long union': `\\boxed{${repeat('(0,1)\\cup', 150)}(0,1)}`,
    'huge exponent': '1e999999999',
  };

  it.each(Object.entries(texts))(
    '%s',
    async (_, text) => {
      const started = performance.now();
      expect((await verifyAnswer('5', text)).equal).not.toBe(true);
      expect((await verifyAnswer(text, '5')).equal).not.toBe(true);
      expect(performance.now() - started).toBeLessThan(10_000);
    },
    20_000,
  );

  it('does not call long answers equal by their beginnings', async () => {
    const digits = '1'.repeat(100_000);
    expect((await verifyAnswer(digits, `${digits}2`)).equal).toBe(null);
  });

  it('leaves towers and factorials beyond reach undecided', async () => {
    expect((await verifyAnswer('9^{9^{9^{9}}}', '9^{9^{9^{9}}}')).equal).toBe(true);
    expect((await verifyAnswer('9^{9^{9^{9}}}', '5', { timeoutMs: 300 })).equal).not.toBe(true);
    expect((await verifyAnswer('1000000000!', '1', { timeoutMs: 300 })).equal).not.toBe(true);
    expect((await verifyAnswer('\\sin(10^{100})', '\\sin(10^{100}+1)', { timeoutMs: 300 })).equal).not.toBe(true);
  }, 20_000);
});

describe('the symbolic worker', () => {
  it('is stopped when a question takes too long, and the next one gets another', async () => {
    const worker = new SymbolicWorker();
    const seven = { kind: 'number', value: { num: 7n, den: 1n }, text: '7', decimals: null } as const;
    const root = {
      kind: 'call',
      name: 'root',
      args: [seven, { ...seven, value: { num: 5n, den: 1n }, text: '5' }],
    } as const;
    const sine = { kind: 'call', name: 'sin', args: [root] } as const;
    const nested = Array.from({ length: 30 }).reduce<import('../../../lib/eval/math/expr.js').Expr>(
      (expr) => ({ kind: 'call', name: 'sin', args: [expr] }),
      sine as never,
    );
    expect(await worker.withBudget(0.01).equal(nested, root as never)).toBe(null);
    expect(await worker.withBudget(0.01).equal(nested, root as never)).toBe(null);
    await worker.close();
  }, 60_000);

  it('tells constants apart that a double cannot', async () => {
    expect((await verifyAnswer('$e^{\\pi\\sqrt{163}}$', '$262537412640768744$')).equal).toBe(false);
  }, 30_000);
});
