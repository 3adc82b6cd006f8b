import type { Command } from '../command.js';
import { UsageError } from '../failure.js';
import { eventOptions } from '../progress/options.js';
import type { QuickstartArguments } from '../quickstart.js';

export const quickstart: Command<QuickstartArguments> = {
  command: 'quickstart',
  describe: 'Watch a tiny model learn from expert steps: offline, a few minutes on a CPU',
  examples: [
    ['foothold quickstart', 'into runs/quickstart'],
    ['foothold quickstart --seed 1 --out runs/again', 'other problems, another folder'],
  ],
  builder: (yargs) =>
    yargs
      .option('seed', { type: 'number', default: 0, describe: 'Seed of the problems and of the sampling' })
      .option('out', {
        type: 'string',
        default: 'runs/quickstart',
        describe: 'Run directory; a number is added if taken',
      })
      .option('steps', { type: 'number', default: 40, describe: 'Updates' })
      .options(eventOptions),
  handler: async (options) => {
    const { seed, steps, out } = options;
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff) {
      throw new UsageError('--seed takes a whole number from 0 to 4294967295');
    }
    if (!Number.isInteger(steps) || steps < 1) throw new UsageError('--steps takes a whole number from 1 on');
    if (out === '') throw new UsageError('--out takes the name of a folder');
    const { runQuickstart } = await import('../quickstart.js');
    await runQuickstart(options);
  },
};
