/** Failures of the command line: one clear message on stderr, and the exit status. */
import { SetupError } from '../../scripts/stage.mjs';
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
 * @param verbose print the stack traces too, of the error and of those that caused it
 */
export function reportFailure(error: unknown, verbose: boolean): 1 | 2 {
  const isUsage = error instanceof UserError && error.code === 'FOOTHOLD_USAGE';
  process.stderr.write(`foothold: ${error instanceof Error ? error.message : error}\n`);
  if (verbose) {
    for (let e = error; e instanceof Error; e = e.cause) process.stderr.write(`${e.stack}\n`);
  } else if (isUsage) {
    process.stderr.write('Try `foothold --help`.\n');
  } else if (!(error instanceof UserError || error instanceof SetupError || isOfSystem(error))) {
    process.stderr.write('This is not a mistake that Foothold expects; --verbose shows where it comes from.\n');
  }
  return isUsage ? 2 : 1;
}

/** A file or folder that cannot be had: the system's message names it, and the user can put it right. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'path' in error;
}
