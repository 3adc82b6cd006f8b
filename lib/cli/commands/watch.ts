import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Command } from '../command.js';
import { UsageError } from '../failure.js';

const builder = (yargs: Argv) =>
  yargs
    .positional('run', { type: 'string', demandOption: true, describe: 'Run directory' })
    .option('port', { type: 'number', default: 7860, describe: 'Port to listen on; 0 takes a free one' })
    .option('host', {
      type: 'string',
      default: '127.0.0.1',
      describe: 'Address to listen on; any other than this lets others read the run',
    })
    .option('open', { type: 'boolean', default: false, describe: 'Show it in the browser' });

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never;

export const watch: Command<Options> = {
  command: 'watch <run>',
  describe: 'Serve a page that shows a run as it goes',
  examples: [
    ['foothold watch runs/first', 'on http://127.0.0.1:7860, for this machine only'],
    ['foothold watch runs/first --port 0 --open', 'on a free port, in the browser'],
  ],
  builder,
  handler: async (args: ArgumentsCamelCase<Options>) => {
    if (!Number.isInteger(args.port) || args.port < 0 || args.port > 65535) {
      throw new UsageError('--port must be a whole number from 0 to 65535.');
    }
    const { serveRun } = await import('../report.js');
    await serveRun(args);
  },
};
