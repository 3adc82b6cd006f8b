/**
 * Run by 50.policy.lifetime.test.ts: terminates threads of Node one after the other, each while it samples and about when it
 * is told of its progress. This file is also the thread's.
 */
import { setTimeout } from 'node:timers/promises';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { raggedFromRows } from '../../../bindings/ragged.js';
import { Policy } from '../../../bindings/torch.js';
import { smallConfig } from './policies.js';

const request = { numGenerations: 1, temperature: 0, seed: 0, eosTokenIds: [], maxCompletionLength: 100_000 };

/** A thread has no TypeScript of its own. */
const file = JSON.stringify(import.meta.url);
const start = `import('tsx/esm/api').then(({ tsImport }) => tsImport(${file}, ${file}))`;

async function sample(): Promise<void> {
  const config = { ...smallConfig, maxPositions: 200_000 };
  const policy = await Policy.random(config, { device: 'cpu', dtype: 'float32', seed: 0 });
  parentPort!.postMessage('sampling');
  await policy.generate({ ...request, prompts: raggedFromRows([[1, 2]]) }, { onProgress: () => {} });
}

async function terminate(delay: number): Promise<void> {
  const thread = new Worker(start, { eval: true });
  await new Promise((resolve, reject) => thread.once('message', resolve).once('error', reject));
  await setTimeout(delay);
  await thread.terminate();
}

if (!isMainThread) await sample();
else for (let i = 0; i < 25; i++) await terminate(95 + 3 * (i % 8));
