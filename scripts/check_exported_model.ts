/**
 * Checks an exported GGUF file with llama.cpp: the token ids of texts, the greedy continuation and the probabilities of
 * every next token must be those of Foothold with the folder that the file was exported from.
 *
 *     (cd benchmarks/peers && npm install)     # brings node-llama-cpp, which is no dependency of Foothold
 *     npx tsx scripts/check_exported_model.ts FOLDER FILE.gguf [TEXT …]
 *
 * Prints the largest difference of a probability. A file in f32 should stay below 1e-4; with the quickstart's model it was
 * 4e-6 at most, and by what rounds the weights 1e-3 (f16), 2e-3 (bf16) and 8e-3 (q8_0).
 *
 * llama.cpp is asked to round nothing else. With the same f32 file its defaults differ more: by 2e-4 with the cache of
 * keys and values in float16, by 1e-3 with flash attention, whatever the cache is in.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../bindings/load.js';
import { Policy as NativePolicy } from '../bindings/torch.js';
import { loadModelSource } from '../lib/model/source.js';

const LENGTH = 24;
const [folder, file, ...given] = process.argv.slice(2);
if (!folder || !file) throw new Error('Usage: npx tsx scripts/check_exported_model.ts FOLDER FILE.gguf [TEXT …]');
const texts =
  given.length > 0 ? given : ['The capital of France is', 'def add(a, b):\n    return', 'Café 12345, 你好  🎉'];

const require = createRequire(join(packageRoot, 'benchmarks', 'peers', 'package.json'));
const { getLlama } = await import(pathToFileURL(require.resolve('node-llama-cpp')).href);
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' });
const model = await llama.loadModel({ modelPath: file });
const cache = { experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32' };
const context = await model.createContext({ contextSize: 512, flashAttention: false, ...cache });
const sequence = context.getSequence();

const source = await loadModelSource(folder);
const policy = await NativePolicy.load({ ...source, device: 'cpu', dtype: 'float32' });

for (const text of texts) {
  const ids = source.tokenizer.encode(text);
  const theirs: number[] = [...model.tokenize(text, true, 'trimLeadingSpace')];
  const sameIds = ids.join() === theirs.join();
  const steps = await generate(ids);
  const chosen = steps.map(({ token }) => token);
  const expected = await nextProbabilities([...ids, ...chosen], ids.length);
  let difference = 0;
  steps.forEach(({ token, probabilities }, i) => {
    const row = expected[i]!;
    const likeliest = row.indexOf(row.reduce((most, value) => Math.max(most, value)));
    if (token !== likeliest) console.log(`  token ${i}: llama.cpp ${token}, Foothold ${likeliest}`);
    for (const [id, probability] of probabilities) difference = Math.max(difference, Math.abs(probability - row[id]!));
  });
  console.log(
    `${JSON.stringify(text)}: ids ${sameIds ? 'equal' : `differ: ${ids} and ${theirs}`}; ${chosen.length} greedy tokens ` +
      `${JSON.stringify(source.tokenizer.decode(chosen))}; largest difference of a probability ${difference.toExponential(1)}`,
  );
}
policy.dispose();
await llama.dispose();

/** llama.cpp's greedy continuation, with the probability of every token at each place. */
async function generate(ids: number[]): Promise<{ token: number; probabilities: Map<number, number> }[]> {
  await sequence.clearHistory();
  const steps: { token: number; probabilities: Map<number, number> }[] = [];
  const options = { temperature: 0, yieldEogToken: true };
  for await (const step of sequence.evaluateWithMetadata(ids, { probabilities: true }, options)) {
    steps.push(step);
    if (steps.length === LENGTH) break;
  }
  return steps;
}

/** softmax of the logits of every place from the one before `begin` on. */
async function nextProbabilities(tokens: number[], begin: number): Promise<Float64Array[]> {
  const { vocabSize } = source.config;
  const logits = await policy.logits(Int32Array.from(tokens));
  return Array.from({ length: tokens.length - begin }, (_, i) => {
    const row = logits.subarray((begin - 1 + i) * vocabSize, (begin + i) * vocabSize);
    const largest = row.reduce((most, value) => Math.max(most, value));
    const weights = Float64Array.from(row, (value) => Math.exp(value - largest));
    const sum = weights.reduce((total, weight) => total + weight);
    return weights.map((weight) => weight / sum);
  });
}
