/** The work that contenders are compared on: one optimizer step each. */
import type { Work } from '../../lib/bench/work.js';

export interface PeerWork extends Work {
  /** Mean of a geometric distribution that lengths are drawn from, cut at `completionLength`; left out, all are full. */
  meanLength?: number;
}

export const works: Record<string, PeerWork> = {
  '4 × 8 × (96 + 64)': { prompts: 4, generations: 8, promptLength: 96, completionLength: 64 },
  '2 × 8 × (512 + 128)': { prompts: 2, generations: 8, promptLength: 512, completionLength: 128 },
  '4 × 8 × (96 + ragged)': { prompts: 4, generations: 8, promptLength: 96, completionLength: 256, meanLength: 64 },
};

/**
 * Token ids that end a completion. A random model's next token is nearly uniform, so that with V / mean of V ids ending a
 * completion lengths are geometric, as sampled, by the model itself.
 */
export function endTokens({ meanLength }: PeerWork, vocabSize: number): number[] {
  const count = meanLength === undefined ? 0 : Math.round(vocabSize / meanLength);
  return Array.from({ length: count }, (_, i) => Math.floor((i * vocabSize) / count));
}
