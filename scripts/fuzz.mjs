/**
 * `npm run fuzz [seconds] [seed]`: random inputs for a minute unless told otherwise, a quarter of it each for
 *   - SequenceMatcher, by each of its algorithms, against the plain specification in test/difflib/reference.ts,
 *   - the harnesses of native/fuzz, under sanitizers: SequenceMatcher, safetensors, GGUF.
 * A difference is made small and printed; it, or a finding of a harness, ends the run with status 1. The same seed makes
 * the same cases. The harnesses' corpora grow in build/ from run to run.
 */
import { createMatcher } from '../bindings/text.js';
import { SequenceMatcher } from '../lib/difflib/index.js';
import { Random, randomPair } from '../test/difflib/generators.js';
import { Reference } from '../test/difflib/reference.js';
import { buildHarnesses, harnesses, runHarness } from './harnesses.mjs';
import { main, SetupError, stage } from './stage.mjs';

/** @typedef {{ a: string, b: string, junk: string[], autojunk: boolean }} Case */

const algorithms = /** @type {const} */ (['positions', 'bits', 'grams', 'levels', undefined]);
const native = createMatcher();

/** @param {Random} random @returns {Case} */
function draw(random) {
  let [a, b] = random.below(4) === 0 ? repeated(random) : randomPair(random);
  // The specification tries all pairs of starting points: mostly short texts, now and then enough for autojunk.
  const limit = random.below(20) === 0 ? 260 : 70;
  [a, b] = [cut(a, limit), cut(b, limit)];
  const distinct = [...new Set(b)];
  const junk = random.below(2) ? distinct.filter(() => random.below(4) === 0) : [];
  return { a, b, junk, autojunk: random.below(2) === 1 };
}

/** Two texts made of few words again and again: many ties and long runs. @param {Random} random @returns {[string, string]} */
function repeated(random) {
  const words = Array.from({ length: 1 + random.below(3) }, () =>
    Array.from({ length: 1 + random.below(5) }, () => ['a', 'b', '😀'][random.below(3)]).join(''),
  );
  const text = () => Array.from({ length: random.below(40) }, () => words[random.below(words.length)]).join('');
  return [text(), text()];
}

/** @param {string} text @param {number} limit in code points */
const cut = (text, limit) => [...text].slice(0, limit).join('');

/** What differs between the native answers and the specification, or null. @param {Case} given */
function difference({ a, b, junk, autojunk }) {
  const isJunk = (/** @type {string} */ element) => junk.includes(element);
  const reference = new Reference(a, b, { isJunk, autojunk });
  const expected = reference.matchingBlocks();
  const flat = expected.slice(0, -1).flatMap((block) => [block.a, block.b, block.size]);
  const codes = Uint32Array.from(junk, (element) => element.codePointAt(0) ?? 0);
  native.setSeq2(b, codes, autojunk);
  native.setSeq1(a);
  for (const algorithm of algorithms) {
    const found = native.matchingBlocks(algorithm);
    if (found.join() !== flat.join())
      return { algorithm: algorithm ?? 'chosen by cost', found: found.join(), expected: flat.join() };
  }
  const matcher = new SequenceMatcher(isJunk, a, b, autojunk);
  const [length1, length2] = [reference.a.length, reference.b.length];
  const ranges = [
    [0, length1, 0, length2],
    [length1 >> 2, length1 - (length1 >> 3), length2 >> 3, length2 - (length2 >> 2)],
  ];
  for (const [alo = 0, ahi = 0, blo = 0, bhi = 0] of ranges) {
    const found = JSON.stringify(matcher.findLongestMatch(alo, ahi, blo, bhi));
    const wanted = JSON.stringify(reference.longestMatch(alo, ahi, blo, bhi));
    if (found !== wanted) return { range: [alo, ahi, blo, bhi], found, expected: wanted };
  }
  if (matcher.ratio() !== reference.ratio()) return { found: matcher.ratio(), expected: reference.ratio() };
  return null;
}

/** The case with elements taken away as long as there still is a difference. @param {Case} given @returns {Case} */
function shrink(given) {
  for (const side of /** @type {const} */ (['a', 'b'])) {
    const elements = [...given[side]];
    for (let at = 0; at < elements.length; at++) {
      const smaller = { ...given, [side]: elements.toSpliced(at, 1).join('') };
      if (difference(smaller)) return shrink(smaller);
    }
  }
  return given;
}

/** @param {number} seconds @param {number} seed @returns {number} cases tried @throws {SetupError} with a difference */
function compare(seconds, seed) {
  const random = new Random(seed);
  const end = performance.now() + 1000 * seconds;
  let cases = 0;
  for (; performance.now() < end; cases++) {
    const given = draw(random);
    if (!difference(given)) continue;
    const small = shrink(given);
    throw new SetupError(`case ${cases}: ${JSON.stringify({ ...small, ...difference(small) }, null, 2)}`);
  }
  return cases;
}

await main(async () => {
  const total = Number(process.argv[2] ?? 60);
  const seed = Number(process.argv[3] ?? 1 + Math.floor(Math.random() * 0xfffffffe)) >>> 0;
  const seconds = Math.floor(total / (harnesses.length + 1));
  if (!(seconds >= 1) || seed === 0) {
    throw new SetupError('usage: npm run fuzz [seconds] [seed], the first at least 4, the second at least 1');
  }
  await stage(`seed ${seed}`, async () => `${compare(seconds, seed)} cases against the specification, no difference`);
  const built = await stage('harnesses', async (begin) => {
    begin('compiling');
    const result = await buildHarnesses();
    return { note: result.libFuzzer ? 'with libFuzzer' : 'without libFuzzer, which clang has', result };
  });
  for (const name of harnesses) {
    await stage(name, async () => `${await runHarness(built, name, seconds, seed)} inputs, no finding`);
  }
  return 0;
});
