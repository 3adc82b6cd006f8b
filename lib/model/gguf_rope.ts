import type { Llama3RopeScaling } from '../../bindings/torch.js';

/** The scaling's constants in Llama 3.1, 3.2 and 3.3; only `factor` differs between them. */
const KNOWN = { type: 'llama3', lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositionEmbeddings: 8192 } as const;
const TOLERANCE = 1e-4;

/**
 * GGUF stores Llama 3.1's rotary scaling not as its constants but as one divisor a frequency (`rope_freqs.weight`). The
 * constants are found again by trying the published ones: null where they do not give these divisors.
 *
 * @param divisors one for each of the `headDim / 2` frequencies.
 */
export function llama3ScalingOf(
  divisors: ArrayLike<number>,
  headDim: number,
  ropeTheta: number,
): Llama3RopeScaling | null {
  if (divisors.length !== headDim / 2) return null;
  const scaling = { ...KNOWN, factor: Number(Math.max(...Array.from(divisors)).toPrecision(4)) };
  const fits = Array.from(divisors).every((divisor, i) => {
    const expected = divisorOf(ropeTheta ** ((-2 * i) / headDim), scaling);
    return Math.abs(divisor / expected - 1) < TOLERANCE;
  });
  return fits ? scaling : null;
}

/** By how much the scaling slows a frequency: not at all for short waves, by `factor` for long ones, in between smoothly. */
export function divisorOf(frequency: number, scaling: Llama3RopeScaling): number {
  const turns = (scaling.originalMaxPositionEmbeddings * frequency) / (2 * Math.PI);
  const smooth = (turns - scaling.lowFreqFactor) / (scaling.highFreqFactor - scaling.lowFreqFactor);
  const kept = Math.min(1, Math.max(0, smooth));
  return 1 / ((1 - kept) / scaling.factor + kept);
}
