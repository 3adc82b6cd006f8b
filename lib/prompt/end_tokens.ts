/**
 * A model's end-of-sequence tokens, first the one that ends its answers: the tokenizer's own where it is among them. (The
 * list of Llama 3.1 begins with the end of a document, and its chat ends turns with the last one.)
 */
export function endTokens(all: readonly number[], tokenizerEos: number | null): number[] {
  const usual = tokenizerEos !== null && all.includes(tokenizerEos) ? [tokenizerEos] : [];
  return [...new Set([...usual, ...all])];
}
