/**
 * node-llama-cpp sampling a group of completions for each prompt: the peer of foothold_step.ts without its update. Reads a
 * job from standard input: {gguf, check, tokens: a prompt's each, generations, completionLength, repetitions, threads}; writes
 * a JSON line a repetition, the first of which warms up. All rows are sequences of one context, which evaluates them in common batches.
 */
import { text } from 'node:stream/consumers';
import { getLlama } from 'node-llama-cpp';

const job = JSON.parse(await text(process.stdin));
const rows = job.tokens.flatMap((prompt) => new Array(job.generations).fill(prompt));
const llama = await getLlama({ gpu: false, build: 'never', maxThreads: job.threads, logLevel: 'error' });
const model = await llama.loadModel({ modelPath: job.gguf });
const context = await model.createContext({
  sequences: rows.length,
  contextSize: job.tokens[0].length + job.completionLength,
  batchSize: Math.max(512, rows.length),
  threads: job.threads,
  flashAttention: 'auto',
});
const sequences = rows.map(() => context.getSequence());

/** The end-of-sequence token is taken like any other, so that every row has its full length. */
async function complete(sequence, prompt, length, temperature, seed) {
  const tokens = [];
  const sampling = { temperature, topK: 0, topP: 1, minP: 0, seed };
  for await (const token of sequence.evaluate(prompt, { ...sampling, yieldEogToken: true })) {
    tokens.push(token);
    if (tokens.length === length) break;
  }
  return tokens;
}

const { prompt, completion } = job.check;
const greedy = await complete(sequences[0], prompt, completion.length, 0, 0);
if (greedy.join() !== completion.join()) throw new Error(`not the same model: ${greedy} instead of ${completion}`);

for (let repetition = 0; repetition <= job.repetitions; repetition++) {
  for (const sequence of sequences) await sequence.clearHistory();
  const begin = performance.now();
  const completions = await Promise.all(
    rows.map((tokens, i) => complete(sequences[i], tokens, job.completionLength, 1, repetition * rows.length + i)),
  );
  const seconds = (performance.now() - begin) / 1000;
  const lengths = completions.map((tokens) => tokens.length);
  console.log(
    JSON.stringify({ seconds, sampling: seconds, peakBytes: process.resourceUsage().maxRSS * 1024, lengths }),
  );
}
await llama.dispose();
