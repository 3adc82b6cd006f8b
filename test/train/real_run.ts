/** A tiny run whose model has real, random weights, for the native core. */
import { join } from 'node:path';
import { Policy } from '../../bindings/torch.js';
import type { RunInput } from '../../lib/config/index.js';
import { saveModelFolder } from '../../lib/model/save.js';
import { modelConfig, type TinyRun, tinyRun, tokenizer } from './tiny_run.js';

export type RealRun = TinyRun & { config: RunInput };

export async function realRun(problems: Parameters<typeof tinyRun>[0], overrides: object): Promise<RealRun> {
  const run = await tinyRun(problems, { ...overrides });
  const policy = await Policy.random(modelConfig, { device: 'cpu', dtype: 'float32', seed: 1 });
  const model = { config: modelConfig, tokenizer, eosTokenIds: [0], original: null };
  await saveModelFolder(join(run.folder, 'model'), model, 'float32', (file) => policy.saveWeights(file));
  policy.dispose();
  return run as RealRun;
}
