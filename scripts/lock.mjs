/**
 * A lock between processes: a file that only one of them can create. Its holder touches it every few seconds, so that
 * the file of a process that was killed is known by its age.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
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
  const mine = `${process.pid} ${Math.random()}`;
  for (let waited = false; !tryTake(path, mine); waited = true) {
    if (!waited) say(`another process is at work (${path}); waiting for it …`);
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
    removeIfDead(path);
    return false;
  }
}

/** @param {string} path */
function removeIfDead(path) {
  const seen = holder(path);
  if (seen === undefined || !isDead(path, Number.parseInt(seen, 10))) return;
  // Moved aside first: of several that find it dead only one moves it, and it can see whether it moved the right one.
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (holder(aside) === seen) rmSync(aside, { force: true });
    else renameSync(aside, path);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  }
}

/** @param {string} path @returns {string | undefined} who holds it; undefined when nobody does any more */
function holder(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** @param {string} path @param {number} pid */
function isDead(path, pid) {
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  if (Date.now() - touched > deadAfter) return true;
  if (Date.now() - touched < beat * 2) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}
