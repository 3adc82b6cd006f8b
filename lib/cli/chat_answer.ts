/** One answer, shown as it comes. */
import type { Policy } from '../policy/index.js';

export interface Sampling {
  maxTokens: number;
  temperature: number;
  topP: number;
  topK: number;
  minP: number;
  seed: number;
}

export interface Answer {
  text: string;
  /** `finished` by the model, else why it is cut. */
  end: 'finished' | 'stopped' | 'cut: the answer reached --max-tokens' | 'cut: the context is full';
}

/** Fewest tokens between two pieces. */
const SMALLEST_PIECE = 8;

/**
 * Sample an answer in pieces. Each piece reads all before it again, so pieces grow with the text: one is a quarter as long
 * as what stands before it, which keeps the reading a fraction of the work.
 */
export async function answer(
  policy: Policy,
  prompt: readonly number[],
  sampling: Sampling,
  signal: AbortSignal,
  show: (piece: string) => void,
): Promise<Answer> {
  const { maxTokens, seed, temperature, topP, topK, minP } = sampling;
  const room = policy.config.maxPositions - prompt.length;
  const most = Math.min(maxTokens, room);
  const ids: number[] = [];
  let shown = '';
  const reveal = (text: string) => {
    show(text.slice(shown.length));
    shown = text;
  };
  for (let piece = 0; ids.length < most; piece++) {
    const length = Math.max(SMALLEST_PIECE, (prompt.length + ids.length) >> 2);
    const options = { temperature, topP, topK, minP, seed: (seed + piece * 0x9e3779b1) >>> 0, signal };
    const [row] = await policy
      .generate([[...prompt, ...ids]], { ...options, maxTokens: Math.min(length, most - ids.length) })
      .catch((error: unknown) => {
        if (signal.aborted) return [undefined];
        throw error;
      });
    if (!row) return { text: shown, end: 'stopped' };
    const { finished, ids: sampled } = row[0]!;
    for (const id of finished ? sampled.subarray(0, -1) : sampled) ids.push(id);
    const text = policy.tokenizer.decode(ids, { skipSpecialTokens: false });
    // The last character may be half there: its other bytes come with the next piece.
    const whole = finished || ids.length >= most ? text : text.replace(/\uFFFD+$/, '');
    if (whole.startsWith(shown)) reveal(whole);
    if (finished) return { text, end: 'finished' };
  }
  return { text: shown, end: most < maxTokens ? 'cut: the context is full' : 'cut: the answer reached --max-tokens' };
}
