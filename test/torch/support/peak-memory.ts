/**
 * Run as a process of its own by 39.train.memory.test.ts: one update and one log-probability pass of 4,096 completion
 * tokens over a vocabulary of 50,000. Prints by how many bytes each raised the peak resident memory.
 */
import { raggedFromRows } from '../../../bindings/ragged.js';
import { Policy } from '../../../bindings/torch.js';
import { smallConfig, updateOptions } from './policies.js';

const peak = () => process.resourceUsage().maxRSS * 1024;
const config = { ...smallConfig, vocabSize: 50_000, maxPositions: 512 };
const policy = await Policy.random(config, { device: 'cpu', dtype: 'float32', seed: 0 });

function batchOf(rows: number, length: number) {
  const completion = (row: number) => Array.from({ length }, (_, t) => (row * 7919 + t * 104_729) % config.vocabSize);
  return {
    prompts: raggedFromRows([[1, 2, 3]]),
    groupSizes: Int32Array.of(rows),
    completions: raggedFromRows(Array.from({ length: rows }, (_, row) => completion(row))),
    advantages: Float64Array.from({ length: rows }, (_, row) => (row % 2 ? 1 : -1)),
  };
}

const options = updateOptions({ maxTokensPerMicroBatch: 1_000_000 });
await policy.update(batchOf(2, 4), options); // optimizer state and thread pools
const start = peak();
await policy.logProbs(batchOf(16, 256), 1);
const afterLogProbs = peak();
const metrics = await policy.update(batchOf(16, 256), options);
if (metrics.numTokens !== 4096 || metrics.numMicroBatches !== 1) throw new Error(JSON.stringify(metrics));
console.log(JSON.stringify({ logProbs: afterLogProbs - start, update: peak() - start }));
policy.dispose();
