/** Similarity of a stream of pairs, in batches, so that it takes as much memory for ten lines as for ten million. */
import { type RatioOptions, ratiosAsync } from '../../bindings/text.js';

export interface Pair {
  a: string;
  b: string;
}

export interface ScoredPair extends Pair {
  ratio: number;
}

const BATCH_PAIRS = 8192;
const BATCH_CHARACTERS = 1 << 22;

/**
 * The pairs in order with their `ratio(a, b)`. One batch is compared on the native threads while the next is read. When
 * `pairs` throws, the pairs before come first.
 */
export async function* scorePairs(pairs: AsyncIterable<Pair>, options: RatioOptions = {}): AsyncGenerator<ScoredPair> {
  let ahead: Promise<ScoredPair[]> = Promise.resolve([]);
  let failure: { error: unknown } | undefined;
  const batches = batchesOf(pairs);
  do {
    const batch = await batches.next().catch((error: unknown) => {
      failure = { error };
      return { done: true, value: undefined } as const;
    });
    const ready = await ahead;
    ahead = batch.value === undefined ? Promise.resolve([]) : scoreBatch(batch.value, options);
    // A failure while this generator waits for its reader must not count as unhandled.
    ahead.catch(() => {});
    yield* ready;
    if (batch.done) {
      if (failure) throw failure.error;
      return;
    }
  } while (true);
}

/** Pairs in groups that are worth a crossing. What precedes an error is passed on before it is thrown. */
async function* batchesOf(pairs: AsyncIterable<Pair>): AsyncGenerator<Pair[], undefined> {
  let batch: Pair[] = [];
  let characters = 0;
  try {
    for await (const pair of pairs) {
      batch.push(pair);
      characters += pair.a.length + pair.b.length;
      if (batch.length < BATCH_PAIRS && characters < BATCH_CHARACTERS) continue;
      yield batch;
      batch = [];
      characters = 0;
    }
  } catch (error) {
    if (batch.length > 0) yield batch;
    throw error;
  }
  if (batch.length > 0) yield batch;
}

async function scoreBatch(batch: Pair[], options: RatioOptions): Promise<ScoredPair[]> {
  const scores = await ratiosAsync(
    batch.map(({ a }) => a),
    batch.map(({ b }) => b),
    options,
  );
  return batch.map((pair, i) => ({ ...pair, ratio: scores[i]! }));
}
