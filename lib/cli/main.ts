#!/usr/bin/env node
/** `foothold …`: reads the command line, runs one command, and turns its outcome into an exit status. */
import './node_version.js';

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { hideBin } from 'yargs/helpers';
import yargs from 'yargs/yargs';
import { packageRoot } from '../../bindings/load.js';
import { outliveReaders } from './closed_streams.js';
import type { Command } from './command.js';
import { commands } from './commands/index.js';
import { reportFailure } from './failure.js';
import { checkValues, usageError } from './usage.js';

const words = hideBin(process.argv);
const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };

const parser: Argv = yargs(words)
  .scriptName('foothold')
  .usage('Usage: $0 <command> [options]\n\nTrain small language models to reason from expert demonstrations.')
  .command(
    commands.map(({ builder, ...command }) => ({ ...command, builder: withExamples(command.examples, builder) })),
  )
  .example(commands.flatMap(({ examples }) => examples.slice(0, 1)))
  .demandCommand(1, 'Name a command.')
  .strict()
  .locale('en')
  .check((values) => checkValues(values, parser, words))
  .option('verbose', { type: 'boolean', default: false, describe: 'Show the stack trace of an error' })
  .version(version)
  .alias({ help: 'h' })
  .wrap(Math.min(100, process.stdout.columns ?? 100))
  .exitProcess(false)
  .fail((message, error) => {
    throw error ?? usageError(message, parser, words);
  });

function withExamples(examples: Command['examples'], builder: Command['builder']): Command['builder'] {
  return (command) => builder(command).example(examples);
}

outliveReaders();
try {
  await parser.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error, words.includes('--verbose'));
}
