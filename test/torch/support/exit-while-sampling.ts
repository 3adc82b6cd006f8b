/** Run by 50.policy.lifetime.test.ts: exits with 7 after so many milliseconds of sampling. */
import { raggedFromRows } from '../../../bindings/ragged.js';
import { Policy } from '../../../bindings/torch.js';
import { smallConfig } from './policies.js';

const config = { ...smallConfig, maxPositions: 200_000 };
const policy = await Policy.random(config, { device: 'cpu', dtype: 'float32', seed: 0 });
const request = { numGenerations: 1, temperature: 0, seed: 0, eosTokenIds: [] };
setTimeout(() => process.exit(7), Number(process.argv[2]));
await policy.generate({ ...request, prompts: raggedFromRows([[1, 2]]), maxCompletionLength: 100_000 });
throw new Error('sampling ended before the process did');
