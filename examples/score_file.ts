/**
 * The step reward of a file of pairs, and what matched: no model, no LibTorch (`foothold/difflib` needs neither).
 *
 *     npx tsx examples/score_file.ts [pairs.jsonl]
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ratiosAsync, SequenceMatcher } from 'foothold/difflib';

const file = process.argv[2] ?? fileURLToPath(new URL('data/pairs.jsonl', import.meta.url));

/** `a` is the model's action, `b` the expert's step. */
const pairs: { a: string; b: string }[] = [];
for await (const line of createInterface({ input: createReadStream(file) })) pairs.push(JSON.parse(line));

const rewards = await ratiosAsync(
  pairs.map(({ a }) => a),
  pairs.map(({ b }) => b),
);
pairs.forEach(({ a, b }, i) => {
  const blocks = new SequenceMatcher(null, a, b, false).getMatchingBlocks();
  const characters = [...a];
  const matched = blocks
    .filter(({ size }) => size > 0)
    .map((block) => characters.slice(block.a, block.a + block.size).join(''));
  console.log(rewards[i]!.toFixed(3), JSON.stringify(matched));
});
