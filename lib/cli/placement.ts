/** The options of every command that lets a model compute: which, where, and in what precision. */
import type { DType } from '../../bindings/torch.js';

export const modelOption = {
  model: {
    type: 'string',
    demandOption: true,
    describe: "A run's directory, a folder, a GGUF file or a Hugging Face id",
  },
} as const;

export const placementOptions = {
  device: { type: 'string', default: 'auto', describe: 'cpu, cuda, cuda:1, … or auto' },
  dtype: { choices: ['float32', 'bfloat16'] as const, default: 'float32' as DType, describe: 'Precision' },
} as const;
