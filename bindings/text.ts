/** The typed face of the addon foothold_text: everything that crosses into `native/text`. */
import { availableParallelism } from 'node:os';
import { loadAddon } from './load.js';

interface TextAddon {
  ratios(actions: readonly string[], experts: readonly string[], autojunk: boolean, threads: number): Float64Array;
  ratiosAsync(
    actions: readonly string[],
    experts: readonly string[],
    autojunk: boolean,
    threads: number,
  ): { promise: Promise<Float64Array>; cancel(): void };
}

const addon = loadAddon('text') as TextAddon;

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
