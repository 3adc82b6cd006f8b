#!/usr/bin/env node
/** `foothold …`: reads the command line, runs one command, and turns its outcome into an exit status. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hideBin } from 'yargs/helpers';
import yargs from 'yargs/yargs';
import { packageRoot } from '../../bindings/load.js';
import { commands } from './commands/index.js';
import { reportFailure, UsageError } from './failure.js';

const version: string = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version;

const argv = hideBin(process.argv);
const parser = yargs(argv)
  .scriptName('foothold')
  .usage('$0 <command>\n\nTrain small language models to reason from expert demonstrations.')
  .command(commands)
  .demandCommand(1, 'Name a command.')
  .strict()
  .recommendCommands()
  .option('verbose', { type: 'boolean', default: false, global: true, describe: 'Show the stack trace of an error' })
  .version(version)
  .alias('h', 'help')
  .wrap(Math.min(100, process.stdout.columns ?? 100))
  .exitProcess(false)
  .fail((message, error) => {
    throw error ?? new UsageError(message);
  });

try {
  await parser.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error, argv.includes('--verbose'));
}
