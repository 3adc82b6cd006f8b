/**
 * Random numbers from a seed and counters alone (splitmix64, Steele et al. 2014). Nothing has a hidden state: a resumed
 * run computes the same numbers from the same counters.
 */
const mask = (1n << 64n) - 1n;

function mix(x: bigint): bigint {
  let z = (x + 0x9e3779b97f4a7c15n) & mask;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return z ^ (z >> 31n);
}

/** A seed (unsigned 32-bit) of its own for each use: `deriveSeed(run seed, use, stage, counter)`. */
export function deriveSeed(seed: number, ...counters: number[]): number {
  return Number(counters.reduce((state, counter) => mix(state ^ BigInt(counter)), mix(BigInt(seed))) >> 32n);
}

/** The numbers 0 … n−1 in random order (Fisher–Yates). */
export function permutation(n: number, seed: number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let state = BigInt(seed);
  for (let i = n - 1; i > 0; i--) {
    state = mix(state);
    const j = Number((state * BigInt(i + 1)) >> 64n);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
