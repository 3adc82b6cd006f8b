import type { Command } from '../command.js';
import { exitOnSignals } from '../exit_on_signals.js';
import { UsageError } from '../failure.js';
import type { GenerateArguments } from '../generation.js';
import { modelOption, placementOptions } from '../placement.js';
import { quietOption } from '../progress/options.js';

export const generate: Command<Omit<GenerateArguments, 'maxTokens'> & { 'max-tokens': number }> = {
  command: 'generate',
  describe: 'Let a model answer a prompt',
  examples: [
    ['foothold generate --model runs/first/model --prompt "What is 17 + 25?"', 'the likeliest answer'],
    ['foothold generate --model runs/first/model --prompt "…" --temperature 1 --seed 7', 'a sampled one'],
  ],
  builder: (yargs) =>
    yargs
      .options(modelOption)
      .option('prompt', { type: 'string', demandOption: true, describe: 'What the user says' })
      .option('max-tokens', { type: 'number', default: 256, describe: 'Most tokens of the answer' })
      .option('temperature', { type: 'number', default: 0, describe: '0 takes the likeliest token each time' })
      .option('seed', { type: 'number', default: 0, describe: 'Seed of the sampling' })
      .option('raw', { type: 'boolean', default: false, describe: 'Give the prompt as it is, without chat template' })
      .options(placementOptions)
      .options(quietOption)
      .option('json', { type: 'boolean', default: false, describe: 'Print { text, tokens, cut } as one JSON object' }),
  handler: async (options) => {
    check(options);
    exitOnSignals();
    const { answer } = await import('../generation.js');
    const { openProgress } = await import('../progress/index.js');
    const progress = openProgress({ quiet: options.quiet });
    try {
      const result = await answer(options, progress);
      progress.close();
      process.stdout.write(`${options.json ? JSON.stringify(result) : result.text}\n`);
      if (result.cut && !options.json) {
        progress.log(`(cut: the answer reached --max-tokens ${options.maxTokens} or the model's longest sequence)`);
      }
    } finally {
      progress.close();
    }
  },
};

function check({ maxTokens, temperature, seed }: Pick<GenerateArguments, 'maxTokens' | 'temperature' | 'seed'>): void {
  if (!Number.isInteger(maxTokens) || maxTokens < 1)
    throw new UsageError('--max-tokens takes a whole number from 1 on');
  if (!(temperature >= 0)) throw new UsageError('--temperature takes a number from 0 on');
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff) {
    throw new UsageError('--seed takes a whole number from 0 to 4294967295');
  }
}
