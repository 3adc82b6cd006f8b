/** Disks that are full or cannot be written. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether an error, of Node or of the native core, says that there is no room. */
export function isDiskFull(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return true;
  return code === 'FOOTHOLD_IO' && /No space left on device|Disk quota exceeded/.test(message);
}

/** Whether an error says that a file could not be written. */
export function isWriteError(error: unknown): error is Error {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall !== undefined || code === 'FOOTHOLD_IO' || code === 'FOOTHOLD_OUT_OF_MEMORY';
}

/**
 * Write; while the disk is full, try again for up to `seconds`, more and more rarely.
 * @param goOn false ends the waiting.
 * @param onWait told once, when the waiting begins.
 */
export async function whenThereIsRoom(
  write: () => Promise<void>,
  seconds: number,
  goOn: () => boolean,
  onWait: (error: Error) => void,
): Promise<void> {
  const deadline = performance.now() + 1000 * seconds;
  for (let pause = 500; ; pause = Math.min(2 * pause, 30_000)) {
    try {
      return await write();
    } catch (error) {
      if (!isDiskFull(error) || performance.now() >= deadline || !goOn()) throw error;
      if (pause === 500) onWait(error as Error);
    }
    const until = Math.min(performance.now() + pause, deadline);
    while (goOn() && performance.now() < until) await sleep(Math.min(200, until - performance.now()));
  }
}
