/**
 * A lock between processes: a file that only one of them can create. Its holder touches it every few seconds, so that
 * the file of a process that was killed is known by its age.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './stage.mjs';

/** Milliseconds between two touches, and the age at which the holder is taken for dead. */
const beat = 2_000;
const deadAfter = 20_000;

/**
 * Run `work` while holding the lock; waits for as long as another process holds it.
 *
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${process.pid} ${hostname()} ${Math.random()}`;
  for (let waited = false; !tryTake(path, mine); ) {
    if (removeIfDead(path)) continue;
    if (!waited) say(`another process is at work (${path}); waiting for it …`);
    waited = true;
    await sleep(200);
  }
  const release = () => {
    if (holder(path) === mine) rmSync(path, { force: true });
  };
  process.once('exit', release);
  const timer = setInterval(() => {
    if (holder(path) === mine) utimesSync(path, new Date(), new Date());
  }, beat);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    process.removeListener('exit', release);
    release();
  }
}

/** @param {string} path @param {string} mine @returns {boolean} */
function tryTake(path, mine) {
  try {
    writeFileSync(path, mine, { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    return false;
  }
}

/** @param {string} path @returns {boolean} whether it was the lock of a dead process, and is gone */
function removeIfDead(path) {
  const seen = holder(path);
  if (seen === undefined || !isDead(path, seen)) return false;
  // Moved aside first: of several that find it dead only one moves it, and it can see whether it moved the right one.
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return true;
    throw error;
  }
  const right = holder(aside) === seen;
  if (right) rmSync(aside, { force: true });
  else renameSync(aside, path);
  return right;
}

/** @param {string} path @returns {string | undefined} who holds it; undefined when nobody does any more */
function holder(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** @param {string} path @param {string} seen what the holder wrote */
function isDead(path, seen) {
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  if (Date.now() - touched > deadAfter) return true;
  const [pid, host] = seen.split(' ');
  // The cache may lie on a disk that several machines share: only a process of this one can be asked for.
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}
