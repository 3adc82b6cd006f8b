/** Telling weights from others without reading all of them. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';

/** Stretches read of a file, spread evenly from its beginning to its end, and bytes of each. */
const STRETCHES = 64;
const STRETCH = 1 << 16;

/**
 * Names of weight files and a hash of their sizes and of 4 MiB of each: training changes weights everywhere, so that
 * what was trained further is told from what it was.
 */
export async function weightsFingerprint(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      hash.update(`${size}\n`);
      for (let i = 0; i < STRETCHES; i++) {
        const start = Math.floor((Math.max(0, size - STRETCH) * i) / (STRETCHES - 1));
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(STRETCH), 0, STRETCH, start);
        hash.update(buffer.subarray(0, bytesRead));
        if (size <= STRETCH) break;
      }
    } finally {
      await handle.close();
    }
  }
  return `${files.map((file) => basename(file)).join(', ')} (${hash.digest('hex').slice(0, 16)})`;
}
