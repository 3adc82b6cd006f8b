/** The thread a custom reward runs in, so that one that never returns can be ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { importModule } from '../import_module.js';
import { type RewardFunction, type RewardInput, words } from './term.js';

/** Requests carry an id; a ping has no input. */
export interface Request {
  id: number;
  input?: RewardInput;
}
export type Reply =
  | { kind: 'loaded' }
  | { kind: 'failedToLoad'; message: string }
  | { kind: 'pong'; id: number }
  | { kind: 'started'; id: number }
  | { kind: 'value'; id: number; value: unknown }
  | { kind: 'threw'; id: number; message: string };

const port = parentPort!;
const reply = (message: Reply) => port.postMessage(message);

async function load({ file, name }: { file: string; name: string }): Promise<RewardFunction> {
  const module = await importModule(file);
  const reward = module[name];
  if (typeof reward === 'function') return reward as RewardFunction;
  throw new Error(`it exports no function named ${name}, only: ${Object.keys(module).join(', ') || 'nothing'}`);
}

async function answer(reward: RewardFunction, { id, input }: Request): Promise<void> {
  if (!input) return reply({ kind: 'pong', id });
  reply({ kind: 'started', id });
  try {
    const value: unknown = await reward(input);
    reply({ kind: 'value', id, value: typeof value === 'number' ? value : Number.NaN });
  } catch (error) {
    reply({ kind: 'threw', id, message: words(error) });
  }
}

try {
  const reward = await load(workerData as { file: string; name: string });
  port.on('message', (request: Request) => void answer(reward, request));
  reply({ kind: 'loaded' });
} catch (error) {
  reply({ kind: 'failedToLoad', message: words(error) });
}
