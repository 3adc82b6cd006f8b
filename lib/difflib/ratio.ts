import { type RatioOptions, ratios } from '../../bindings/text.js';

/**
 * Similarity of two texts, 2 M / T: M code points in matching blocks of T in both texts together. Equal to Python's
 * `SequenceMatcher(None, a, b, autojunk).ratio()` to the last bit, but with `autojunk` off unless asked for, as the
 * step reward wants it. Not symmetric: `ratio(a, b)` may differ from `ratio(b, a)`.
 */
export function ratio(a: string, b: string, options: Omit<RatioOptions, 'threads'> = {}): number {
  return ratios([a], [b], { ...options, threads: 1 })[0]!;
}
