/** One process at a time on a run directory. */
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type FileLock, lockFile } from '../../bindings/io.js';
import { UserError } from '../errors.js';

/** Holds the lock; says in it who does. The file stays: it is the system's lock on it that counts. */
export const lockName = '.lock';

/**
 * Lock a run directory until `release`, or until this process ends.
 * @returns null when the file system has no locks.
 * @throws UserError that names the process that has it.
 */
export function lockRun(folder: string): FileLock | null {
  const file = join(folder, lockName);
  const lock = lockFile(file);
  if (lock === 'unsupported') return null;
  if (lock === 'held') {
    throw new UserError(
      `${folder} is in use by ${holder(file)}. Wait for it or stop it, or choose another output.`,
      'FOOTHOLD_RUN',
    );
  }
  writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() }));
  return lock;
}

function holder(file: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(file, 'utf8'));
    return `process ${pid} on ${host} (since ${since})`;
  } catch {
    return 'another process';
  }
}
