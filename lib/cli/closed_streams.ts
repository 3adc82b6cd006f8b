/** What becomes of a command whose output nobody takes any more. */
import { UserError } from '../errors.js';
import { reportFailure } from './failure.js';

/**
 * A reader that ends early (as `head` does) ends nothing: what is shown afterwards is lost, the work is done. Standard
 * output that cannot be written for another reason, such as a full disk, is told of, and the command has failed.
 */
export function outliveReaders(): void {
  process.stderr.on('error', () => {}); // there is nowhere to tell of it
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || process.exitCode) return;
    process.exitCode = reportFailure(new UserError(`Standard output cannot be written: ${message}.`), false);
  });
}
