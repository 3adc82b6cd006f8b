/** Built-in texts to compare: steps of made-up solutions, eight attempts at each, the same every time. */
import type { Pair } from '../difflib/score.js';
import { generator } from '../eval/math/random.js';

const ATTEMPTS = 8;
const EXPERTS = 2048;

/** A # stands for a number. */
const sentences = [
  'She sold #/2 = # clips in May, so in April and May together there were # + # = # clips.',
  'The train covers # miles in # hours, which makes #/# = # miles an hour on average.',
  'There are # boxes with # apples each, so # * # = # apples have to be washed by noon.',
  'Half of the # pages are left, and # of them are pictures: # - # = # pages of text.',
  'Since x + # = #, subtracting # from both sides leaves x = #, which is a whole number.',
  'He pays # dollars for the tickets and # for lunch, # dollars altogether.',
];

/** Pairs of about 80 characters: one line of a solution each. */
export const builtInPairs = (): Pair[] => pairsOf(1);
/** Pairs of about 640 characters. */
export const builtInLongPairs = (): Pair[] => pairsOf(8).slice(0, (EXPERTS * ATTEMPTS) / 8);

function pairsOf(lines: number): Pair[] {
  const random = generator(1);
  const below = (bound: number) => Math.floor(random() * bound);
  const fill = (sentence: string) => sentence.replaceAll('#', () => String(below(200)));
  return Array.from({ length: EXPERTS }, () => {
    const steps = Array.from({ length: lines }, () => sentences[below(sentences.length)]!);
    const expert = steps.map(fill).join('\n');
    // An attempt takes the expert's sentence with numbers of its own, or now and then another sentence.
    const attempt = () => steps.map((step) => fill(below(4) === 0 ? sentences[below(sentences.length)]! : step));
    return Array.from({ length: ATTEMPTS }, () => ({ a: attempt().join('\n'), b: expert }));
  }).flat();
}
