/** A tiny run whose model has real, random weights, for the native core. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Policy } from '../../bindings/torch.js';
import type { RunInput } from '../../lib/config/index.js';
import { saveModelFolder } from '../../lib/model/save.js';
import { modelConfig, type TinyRun, tinyRun, tokenizer } from './tiny_run.js';

export type RealRun = TinyRun & { config: RunInput };

export async function realRun(problems: Parameters<typeof tinyRun>[0], overrides: object): Promise<RealRun> {
  const run = await tinyRun(problems, { ...overrides });
  await realModel(join(run.folder, 'model'));
  return run as RealRun;
}

/** The same with its configuration in a file. */
export async function writtenRun(...run: Parameters<typeof realRun>): Promise<RealRun & { file: string }> {
  const made = await realRun(...run);
  const file = join(made.folder, 'run.yaml');
  writeFileSync(file, stringify(made.config));
  return { ...made, file };
}

/** The model alone, with other settings of its shape and other tokens that end a sequence. */
export async function realModel(folder: string, shape: Partial<typeof modelConfig> = {}, eosTokenIds = [0]) {
  const config = { ...modelConfig, ...shape };
  const policy = await Policy.random(config, { device: 'cpu', dtype: 'float32', seed: 1 });
  const model = { config, tokenizer, eosTokenIds, original: null };
  await saveModelFolder(folder, model, 'float32', (file) => policy.saveWeights(file));
  policy.dispose();
}
