/** Standard output for long results. */
import { once } from 'node:events';
import { stdout } from 'node:process';

const BUFFER_CHARACTERS = 1 << 16;

/**
 * Write lines to standard output, no faster than they are read from it. Ends quietly when it cannot be written (a reader
 * such as `head` may have closed it). What came before an error of `lines` is written before it is thrown. With
 * `bufferCharacters` 0 each line is written at once, for a reader that waits for it before it asks on.
 */
export async function writeLines(lines: AsyncIterable<string>, bufferCharacters = BUFFER_CHARACTERS): Promise<void> {
  let pending = '';
  let failure: NodeJS.ErrnoException | undefined;
  const onError = (error: Error) => {
    failure = error;
  };
  const flush = async () => {
    const text = pending;
    pending = '';
    if (text !== '' && !stdout.write(text)) await once(stdout, 'drain');
    if (failure) throw failure;
  };
  stdout.on('error', onError);
  try {
    try {
      for await (const line of lines) {
        pending += `${line}\n`;
        if (pending.length >= bufferCharacters) await flush();
      }
    } finally {
      await flush();
    }
  } catch (error) {
    if (error !== failure) throw error; // of the output: see closed_streams.ts
  } finally {
    stdout.off('error', onError);
  }
}
