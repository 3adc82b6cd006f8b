import type { ArgumentsCamelCase, Argv } from 'yargs';

/**
 * One command of `foothold`. Its file stays light, since `foothold --help` reads them all: what the command works with
 * is imported inside the handler.
 */
export interface Command<Options = object> {
  /** Name, and positional arguments: `train <config>`. */
  command: string;
  /** What it does, in one line. */
  describe: string;
  /** Command lines with what they do; the first is shown by `foothold --help`. */
  examples: [line: string, what: string][];
  builder: (yargs: Argv) => Argv<Options>;
  handler: (options: ArgumentsCamelCase<Options>) => Promise<void>;
}
