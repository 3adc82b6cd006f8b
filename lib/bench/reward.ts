/** `foothold bench reward`: pairs a second of SequenceMatcher's ratio, by number of threads. */
import { ratios } from '../../bindings/text.js';
import type { Pair } from '../difflib/score.js';
import { mean } from '../eval/statistics.js';
import { type Spread, spread } from './spread.js';

/** A repetition lasts at least so many seconds, so that the clock can tell it. */
const LEAST_SECONDS = 0.2;

export interface RewardBenchOptions {
  /** Sets of pairs by name. */
  sets: Record<string, readonly Pair[]>;
  /** One thread, two, … up to so many. */
  threads: number;
  autojunk: boolean;
  repetitions: number;
  onRepetition?: (done: number, total: number) => void;
}

export interface RewardBenchResult {
  set: string;
  pairs: number;
  /** Mean of both texts of all pairs, in code points. */
  meanLength: number;
  threads: number;
  pairsPerSecond: Spread;
}

export function benchReward({ sets, threads, autojunk, repetitions, onRepetition }: RewardBenchOptions) {
  const results: RewardBenchResult[] = [];
  const total = Object.keys(sets).length * threads;
  for (const [set, pairs] of Object.entries(sets)) {
    const actions = pairs.map(({ a }) => a);
    const experts = pairs.map(({ b }) => b);
    const meanLength = mean([...actions, ...experts].map((text) => [...text].length));
    for (let count = 1; count <= threads; count++) {
      const compare = () => ratios(actions, experts, { autojunk, threads: count });
      compare(); // warms up
      const pairsPerSecond = spread(Array.from({ length: repetitions }, () => pairs.length / secondsOf(compare)));
      results.push({ set, pairs: pairs.length, meanLength, threads: count, pairsPerSecond });
      onRepetition?.(results.length, total);
    }
  }
  return results;
}

/** Seconds of one call, from as many as LEAST_SECONDS takes. */
function secondsOf(call: () => void): number {
  const begin = performance.now();
  let calls = 0;
  do {
    call();
    calls++;
  } while (performance.now() - begin < LEAST_SECONDS * 1000);
  return (performance.now() - begin) / 1000 / calls;
}
