/**
 * A splitter of one's own: proofs whose paragraphs are the steps.
 *
 *   npx foothold prepare proofs.jsonl --out steps.jsonl --splitter examples/data/proof_splitter.ts
 */
export default function split(row: Record<string, unknown>) {
  if (typeof row.proof !== 'string') return 'no proof'; // a text is the reason for a drop
  const paragraphs = row.proof.split(/\n\s*\n/);
  return { problem: String(row.claim), steps: paragraphs.map((text) => ({ text: text.trim() })) };
}
