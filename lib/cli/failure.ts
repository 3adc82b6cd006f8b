/** Failures of the command line: one clear message on stderr, and the exit status. */
import { UserError } from '../errors.js';

/** The command line itself is wrong: exit status 2. */
export class UsageError extends UserError {
  constructor(message: string) {
    super(message, 'FOOTHOLD_USAGE');
    this.name = 'UsageError';
  }
}

/**
 * Print why a command failed. Returns the exit status: 2 for wrong usage, else 1.
 *
 * @param verbose print the stack trace too, with the errors that caused it
 */
export function reportFailure(error: unknown, verbose: boolean): 1 | 2 {
  const { message, stack, cause } = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`foothold: ${message}\n`);
  if (verbose) {
    process.stderr.write(`${stack}\n`);
    if (cause instanceof Error) process.stderr.write(`caused by ${cause.stack}\n`);
  } else if (error instanceof UsageError) {
    process.stderr.write('Try `foothold --help`.\n');
  } else if (!(error instanceof UserError)) {
    process.stderr.write('Run it again with --verbose for the stack trace.\n');
  }
  return error instanceof UsageError ? 2 : 1;
}
