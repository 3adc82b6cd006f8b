import type { GgufType } from '../../model/export.js';
import type { Command } from '../command.js';
import { exitOnSignals } from '../exit_on_signals.js';
import type { ExportArguments } from '../export.js';
import { quietOption } from '../progress/options.js';

export const exportCommand: Command<ExportArguments & { format: 'gguf' }> = {
  command: 'export',
  describe: 'Write a model as a GGUF file for llama.cpp, Ollama or node-llama-cpp',
  examples: [
    ['foothold export --model runs/first --output first.gguf', "a run's result, in float16"],
    ['foothold export --model runs/first --type q8_0 --output first.gguf', 'half as large, a little less exact'],
  ],
  builder: (yargs) =>
    yargs
      .option('model', {
        type: 'string',
        demandOption: true,
        describe: "A run's directory, a folder or a Hugging Face id",
      })
      .option('format', { choices: ['gguf'] as const, default: 'gguf' as const, describe: 'Kind of file' })
      .option('type', {
        choices: ['f32', 'f16', 'bf16', 'q8_0'] as const,
        default: 'f16' as GgufType,
        describe: 'Precision of the matrices',
      })
      .option('output', { type: 'string', demandOption: true, describe: 'The file, FILE.gguf' })
      .options(quietOption),
  handler: async (options) => {
    exitOnSignals();
    const { runExport } = await import('../export.js');
    await runExport(options);
  },
};
