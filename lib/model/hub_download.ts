/** One file from the hub into a blob of the cache: resumed where an earlier try stopped, checked against its hash. */

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { downloadFile, type ListFileEntry } from '@huggingface/hub';
import { UserError } from '../errors.js';
import { makeFolder } from '../make_folder.js';

export interface RemoteFile {
  id: string;
  /** Commit that the entry was listed for. */
  commit: string;
  entry: ListFileEntry;
  hub: { hubUrl: string; accessToken?: string };
  signal: AbortSignal | undefined;
}

/** An unfinished download that nobody has written to for so long belongs to a program that has ended. */
const ABANDONED_AFTER_MS = 60_000;

/**
 * Download into `blob`, which appears whole or not at all. Each caller writes a file of its own, so that programs which
 * download the same model at once do not disturb each other; what a program left behind is taken over and continued.
 *
 * @param onBytes called with the number of bytes that were added, those taken over included.
 */
export async function downloadBlob(file: RemoteFile, blob: string, onBytes: (bytes: number) => void): Promise<void> {
  await makeFolder(dirname(blob));
  const partial = `${blob}.${randomUUID()}.incomplete`;
  const present = await takeOverAbandoned(blob, partial, file.entry.size);
  onBytes(present);
  if (present < file.entry.size || file.entry.size === 0) {
    try {
      await append(file, partial, present, onBytes);
    } catch (error) {
      await utimes(partial, 0, 0).catch(() => {}); // abandoned from now on
      throw error;
    }
  }
  await requireIntact(partial, file);
  await rename(partial, blob);
}

async function append(
  file: RemoteFile,
  partial: string,
  from: number,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { id, commit, entry, hub, signal } = file;
  const whole = await downloadFile({ repo: id, path: entry.path, revision: commit, ...hub });
  if (!whole) throw new UserError(`${entry.path} of ${id} has vanished from the hub. Try again.`, 'FOOTHOLD_HUB');
  const content = from > 0 ? whole.slice(from) : whole;
  await pipeline(
    Readable.fromWeb(content.stream() as ReadableStream),
    counter(onBytes),
    createWriteStream(partial, { flags: 'a' }),
    { signal },
  );
}

/** Rename the longest abandoned download of this blob to `partial`. Returns its length, 0 where there is none. */
async function takeOverAbandoned(blob: string, partial: string, size: number): Promise<number> {
  const folder = dirname(blob);
  const names = (await readdir(folder)).filter(
    (name) => name.startsWith(basename(blob)) && name.endsWith('.incomplete'),
  );
  const found = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), ...(await lengthAndAge(join(folder, name))) })),
  );
  const abandoned = found.filter(({ age }) => age > ABANDONED_AFTER_MS).sort((a, b) => a.length - b.length);
  const longest = abandoned.findLast(({ length }) => length <= size);
  const taken =
    longest &&
    (await rename(longest.path, partial).then(
      () => true,
      () => false,
    ));
  const now = new Date();
  if (taken) await utimes(partial, now, now); // it is no longer abandoned, though nothing has come yet
  await Promise.all(abandoned.filter((other) => other !== longest).map(({ path }) => rm(path, { force: true })));
  return longest && taken ? longest.length : 0;
}

async function lengthAndAge(path: string): Promise<{ length: number; age: number }> {
  const entry = await stat(path).catch(() => null);
  return entry ? { length: entry.size, age: Date.now() - entry.mtimeMs } : { length: 0, age: 0 };
}

async function requireIntact(partial: string, { id, entry }: RemoteFile): Promise<void> {
  const { size } = await stat(partial);
  const problem =
    size !== entry.size
      ? `came with ${size} bytes instead of ${entry.size}`
      : (await hasItsHash(partial, entry)) || 'does not have the hash that the hub names';
  if (problem === true) return;
  await rm(partial, { force: true });
  throw new UserError(`${entry.path} of ${id} ${problem}: the download was damaged. Try again.`, 'FOOTHOLD_HUB');
}

/** SHA-256 for large files, git's blob hash for small ones. A file that has only a Xet hash is not checked. */
async function hasItsHash(path: string, { lfs, oid, xetHash, size }: ListFileEntry): Promise<boolean> {
  if (!lfs && xetHash) return true;
  const hash = lfs ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex') === (lfs?.oid ?? oid);
}

function counter(onBytes: (bytes: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
}
