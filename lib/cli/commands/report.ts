import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Command } from '../command.js';

const builder = (yargs: Argv) =>
  yargs
    .positional('run', { type: 'string', array: true, demandOption: true, describe: 'Run directories' })
    .option('output', { type: 'string', describe: 'File to write; report.html in the first run when left out' })
    .option('open', { type: 'boolean', default: false, describe: 'Show it in the browser' });

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never;

export const report: Command<Options> = {
  command: 'report <run..>',
  describe: 'Make one HTML file that shows a run, or compares several',
  examples: [
    ['foothold report runs/first --open', 'curves, samples, settings'],
    ['foothold report runs/a runs/b --output compare.html', 'two runs, their curves over each other'],
  ],
  builder,
  handler: async (args: ArgumentsCamelCase<Options>) => {
    const { makeReport } = await import('../report.js');
    await makeReport(args);
  },
};
