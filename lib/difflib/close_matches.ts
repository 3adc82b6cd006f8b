import { compareSequences, type Sequence } from './elements.js';
import { SequenceMatcher } from './sequence_matcher.js';

/**
 * The possibilities most similar to a word, most similar first; of equally similar ones the greater first. Python's
 * `difflib.get_close_matches`, with `autojunk` on as there.
 *
 * @param n most results wanted, at least 1
 * @param cutoff least `ratio()` of a result, from 0 to 1
 * @throws RangeError for `n` or `cutoff` out of these bounds
 */
export function getCloseMatches<S extends Sequence>(word: S, possibilities: Iterable<S>, n = 3, cutoff = 0.6): S[] {
  if (!(Number.isInteger(n) && n > 0)) throw new RangeError(`n must be a whole number from 1 on, given ${n}`);
  if (!(cutoff >= 0 && cutoff <= 1)) throw new RangeError(`cutoff must lie in [0, 1], given ${cutoff}`);
  const matcher = new SequenceMatcher<unknown>();
  matcher.setSeq2(word);
  const close: { ratio: number; possibility: S }[] = [];
  for (const possibility of possibilities) {
    matcher.setSeq1(possibility);
    // Cheap upper bounds first.
    if (matcher.realQuickRatio() < cutoff || matcher.quickRatio() < cutoff) continue;
    const ratio = matcher.ratio();
    if (ratio >= cutoff) close.push({ ratio, possibility });
  }
  close.sort((x, y) => y.ratio - x.ratio || compareSequences(y.possibility, x.possibility));
  return close.slice(0, n).map((match) => match.possibility);
}
