import type { Command } from '../command.js';
import { UsageError } from '../failure.js';
import { eventOptions } from '../progress/options.js';

export interface TrainArguments {
  config: string;
  set: string[];
  resume: boolean;
  override: boolean;
  dryRun: boolean;
  sample: boolean;
  quiet: boolean;
  json: boolean;
}

export const train: Command<Omit<TrainArguments, 'dryRun'> & { 'dry-run': boolean }> = {
  command: 'train <config>',
  describe: 'Train a model as a configuration file says',
  examples: [
    ['foothold train examples/gsm8k-smollm2.yaml', 'a first run with a real model'],
    ['foothold train run.yaml --set maxSteps=20', 'with a setting of the file replaced'],
    ['foothold train run.yaml --dry-run --sample', 'look at prompts and format before training'],
    ['foothold train runs/first --resume', 'go on with an interrupted run'],
    ['foothold train runs/first --resume --override --set learningRate=1e-7', 'go on with a setting changed'],
  ],
  builder: (yargs) =>
    yargs
      .positional('config', { type: 'string', demandOption: true, describe: 'YAML file, or a run directory to resume' })
      .option('set', {
        type: 'string',
        default: [],
        coerce: (given: string | string[]) => [given].flat(),
        describe: 'key.path=value that wins over the file; may be repeated',
      })
      .option('resume', { type: 'boolean', default: false, describe: 'Go on from the last checkpoint' })
      .option('override', {
        type: 'boolean',
        default: false,
        describe: 'With --resume: accept settings that make it another run',
      })
      .option('dry-run', {
        type: 'boolean',
        default: false,
        describe: 'Show prompts, lengths, token budget; train nothing',
      })
      .option('sample', { type: 'boolean', default: false, describe: 'With --dry-run: sample, count format failures' })
      .options(eventOptions),
  handler: async (options) => {
    if (options.override && !options.resume) throw new UsageError('--override goes with --resume');
    if (options.sample && !options.dryRun) throw new UsageError('--sample goes with --dry-run');
    const { runTraining } = await import('../training.js');
    await runTraining(options);
  },
};
