import type { Command } from '../command.js';
import type { EvalArguments } from '../evaluation.js';
import { modelOption, placementOptions } from '../placement.js';
import { quietOption } from '../progress/options.js';

export const evaluateCommand: Command<
  Omit<EvalArguments, 'maxTokens' | 'topP' | 'batchSize'> & Record<'max-tokens' | 'top-p' | 'batch-size', number>
> = {
  command: 'eval',
  describe: 'Measure a model on problems with known answers',
  examples: [
    ['foothold eval --model runs/first/model --data amc23.jsonl', 'accuracy of the likeliest answers'],
    ['foothold eval --model runs/first/model --data aime24.jsonl --samples 32', 'avg@32 and pass@k'],
  ],
  builder: (yargs) =>
    yargs
      .options(modelOption)
      .option('data', { type: 'string', demandOption: true, describe: 'Problems: JSON lines, JSON or Parquet' })
      .option('samples', { type: 'number', default: 1, describe: 'Responses to each problem' })
      .option('temperature', { type: 'number', describe: 'Default 0 (greedy) for one sample, 1 for several' })
      .option('top-p', {
        type: 'number',
        default: 1,
        describe: 'Sample from the likeliest tokens of this total probability',
      })
      .option('max-tokens', { type: 'number', default: 2048, describe: 'Most tokens of a response' })
      .option('limit', { type: 'number', describe: 'Only the first so many problems' })
      .option('template', { type: 'string', default: 'math-whole', describe: 'Prompt template: built-in name or file' })
      .option('seed', { type: 'number', default: 0, describe: 'Seed of the sampling' })
      .option('batch-size', { type: 'number', default: 16, describe: 'Problems answered at once' })
      .option('out', { type: 'string', describe: 'Folder of the results; default evals/<model>-<data>' })
      .options(placementOptions)
      .options(quietOption)
      .option('json', { type: 'boolean', default: false, describe: 'Print the report as one JSON object' }),
  handler: async (options) => {
    const { runEvaluation } = await import('../evaluation.js');
    await runEvaluation(options);
  },
};
