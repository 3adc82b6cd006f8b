/** One random model for all contenders: its weights as files, and a greedy completion that each must reproduce. */
import { join } from 'node:path';
import { raggedFromRows } from '../../bindings/ragged.js';
import { type ModelConfig, Policy } from '../../bindings/torch.js';
import { exportGguf } from '../../lib/model/export.js';
import { loadModelSource } from '../../lib/model/source.js';
import { BASE_MODEL } from '../../lib/quickstart/model.js';

export interface SameModel {
  model: ModelConfig;
  /** Paths of the float32 weights. */
  safetensors: string;
  gguf: string;
  /** A contender that completes the prompt otherwise computes something else, and is not timed. */
  check: { prompt: number[]; completion: number[] };
}

export async function writeModel(model: ModelConfig, folder: string): Promise<SameModel> {
  const policy = await Policy.random(model, { device: 'cpu', dtype: 'float32', seed: 0 });
  const [safetensors, gguf] = [join(folder, 'model.safetensors'), join(folder, 'model.gguf')];
  await policy.saveWeights(safetensors);
  // llama.cpp wants a tokenizer; any will do, since only ids are given to it and taken from it.
  const tokenized = await loadModelSource(BASE_MODEL);
  await exportGguf({ ...tokenized, name: 'random', config: model, files: [safetensors] }, gguf, { type: 'f32' });
  const prompt = Array.from({ length: 24 }, (_, t) => (t * 7919 + 5) % model.vocabSize);
  const { completions } = await policy.generate({
    prompts: raggedFromRows([prompt]),
    numGenerations: 1,
    maxCompletionLength: 8,
    temperature: 0,
    seed: 0,
    eosTokenIds: [],
  });
  policy.dispose();
  return { model, safetensors, gguf, check: { prompt, completion: [...completions.values] } };
}
