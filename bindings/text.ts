/** The typed face of the addon foothold_text: everything that crosses into `native/text`. */
import { availableParallelism } from 'node:os';
import { loadAddon } from './load.js';

interface TextAddon {
  Matcher: new () => NativeMatcher;
  useInstructionSet(name: 'portable' | 'avx2' | 'avx512'): boolean;
  ratios(actions: readonly string[], experts: readonly string[], autojunk: boolean, threads: number): Float64Array;
  ratiosAsync(
    actions: readonly string[],
    experts: readonly string[],
    autojunk: boolean,
    threads: number,
  ): { promise: Promise<Float64Array>; cancel(): void };
}

/** How matching blocks can be found; named only by tests, the addon itself chooses by cost. */
export type Algorithm = 'positions' | 'bits' | 'grams' | 'levels';

/**
 * Two sequences in native memory. A sequence is a string, compared by code points, or a list of numbers that stand for
 * elements. Positions and lengths count elements.
 */
export interface NativeMatcher {
  readonly length1: number;
  readonly length2: number;
  /** Elements of the second sequence that autojunk left out, as code points or numbers. */
  readonly popular: Uint32Array;
  setSeq1(a: string | Uint32Array): void;
  /** `junk` lists elements of b that start no match. The first sequence must be set again afterwards. */
  setSeq2(b: string | Uint32Array, junk: Uint32Array, autojunk: boolean): void;
  /** a, b and size of the longest match in a[aLow, aHigh) × b[bLow, bHigh), which must lie within the sequences. */
  longestMatch(aLow: number, aHigh: number, bLow: number, bHigh: number): Uint32Array;
  /** a, b and size of every matching block in order, adjacent ones joined, without the closing empty one. */
  matchingBlocks(algorithm?: Algorithm): Uint32Array;
  /** Number of elements in matching blocks. */
  countMatched(): number;
  /** Number of elements in common regardless of order. */
  countCommon(): number;
}

const addon = loadAddon('text') as TextAddon;

/** An empty pair of sequences. */
export function createMatcher(): NativeMatcher {
  return new addon.Matcher();
}

/** For tests: makes bit-parallel comparison use an instruction set. False when this processor lacks it. */
export function useInstructionSet(name: 'portable' | 'avx2' | 'avx512'): boolean {
  return addon.useInstructionSet(name);
}

export interface RatioOptions {
  /** Python's heuristic that leaves frequent elements out of texts of 200 and more. Off unless asked for. */
  autojunk?: boolean;
  /** Threads that share the work; all cores unless given. */
  threads?: number;
}

/**
 * `SequenceMatcher(None, actions[i], experts[i], autojunk).ratio()` for every i, in one crossing. Blocks until done.
 * Put rows with the same expert next to each other: its index is built once for them.
 *
 * @throws TypeError or RangeError when the arrays differ in length or hold something else than strings.
 */
export function ratios(
  actions: readonly string[],
  experts: readonly string[],
  options: RatioOptions = {},
): Float64Array {
  const { autojunk, threads } = checked(actions, experts, options);
  return addon.ratios(actions, experts, autojunk, threads);
}

/**
 * `ratios` off the main thread. Aborting `signal` rejects the promise with the signal's reason and stops the work
 * after the pairs in progress.
 */
export async function ratiosAsync(
  actions: readonly string[],
  experts: readonly string[],
  options: RatioOptions = {},
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { autojunk, threads } = checked(actions, experts, options);
  signal?.throwIfAborted();
  const { promise, cancel } = addon.ratiosAsync(actions, experts, autojunk, threads);
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      cancel();
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function checked(
  actions: readonly string[],
  experts: readonly string[],
  options: RatioOptions,
): Required<RatioOptions> {
  if (!Array.isArray(actions) || !Array.isArray(experts)) {
    throw new TypeError('ratios takes two arrays of strings: ratios(actions, experts)');
  }
  if (actions.length !== experts.length) {
    throw new RangeError(
      `ratios takes as many actions as experts, given ${actions.length} actions and ${experts.length} experts`,
    );
  }
  const { autojunk = false, threads = availableParallelism() } = options;
  if (typeof autojunk !== 'boolean') throw new TypeError(`autojunk must be true or false, given ${String(autojunk)}`);
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`threads must be a whole number from 1 on, given ${String(threads)}`);
  }
  return { autojunk, threads: Math.min(threads, 1024) };
}
