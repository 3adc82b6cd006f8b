import { type Rational, rational } from './rational.js';

/** mulberry32: uniform in [0, 1), the same numbers in every run, so that a verdict never depends on chance. */
export function generator(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A fraction of either sign with parts of about 20 bits. */
export function randomFraction(random: () => number): Rational {
  const num = BigInt(Math.floor(random() * 2 ** 20) + 1);
  return rational(random() < 0.4 ? -num : num, BigInt(Math.floor(random() * 2 ** 18) + 2 ** 17))!;
}

/** A number between 1/4 and 13/4; every third one is negative. */
export function randomPoint(random: () => number, index: number): number {
  return (random() * 3 + 0.25) * (index % 3 === 2 ? -1 : 1);
}
