/** A token of a SentencePiece BPE vocabulary. */
export interface Piece {
  token: string;
  id: number;
  score: number;
}

/**
 * Byte-pair merges, best first, that cut text as SentencePiece's BPE does: there the pair whose union has the highest score
 * is joined next, so every way to split a token into two is a merge, ranked by the token's score.
 */
export function sentencePieceMerges(pieces: readonly Piece[]): [string, string][] {
  const ids = new Map(pieces.map(({ token, id }) => [token, id]));
  const merges = pieces.flatMap(({ token, score }) => {
    const characters = [...token];
    const splits: { left: string; right: string; score: number; size: number }[] = [];
    for (let size = 1; size < characters.length; size++) {
      const left = characters.slice(0, size).join('');
      const right = characters.slice(size).join('');
      if (ids.has(left) && ids.has(right)) splits.push({ left, right, score, size });
    }
    return splits.sort((a, b) => ids.get(a.left)! - ids.get(b.left)!);
  });
  return merges.sort((a, b) => b.score - a.score || b.size - a.size).map(({ left, right }) => [left, right]);
}
