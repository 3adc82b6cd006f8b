/**
 * What the scripts share: stages with their times, child processes, and failures told in one line.
 * Plain Node without dependencies: this runs before `npm ci`.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from '../bindings/libtorch/setup_error.mjs';

export { which } from '../bindings/libtorch/which.mjs';
export { SetupError };

/** Root folder of the package, whether this runs from `scripts/` or from `dist/scripts/`. */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

/** @param {string} folder @returns {string} */
function findPackageRoot(folder) {
  return existsSync(join(folder, 'package.json')) ? folder : findPackageRoot(dirname(folder));
}

/** @param {number} since value of `performance.now()` */
const secondsSince = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** @param {string} line */
export const say = (line) => void process.stdout.write(`${line}\n`);

/**
 * Run one stage and print a line at its end, with the time it took. `work` gets `begin`, with which it announces that
 * there is something to do, and returns a note for the line (`up to date`, the place found, …), with its result if it
 * has one.
 *
 * @template [T=undefined]
 * @param {string} title
 * @param {(begin: (what: string) => void) => Promise<string | { note: string, result: T }>} work
 * @returns {Promise<T>}
 */
export async function stage(title, work) {
  const since = performance.now();
  const label = title.padEnd(12);
  const outcome = await work((what) => say(`${label} ${what} …`));
  const { note, result } = typeof outcome === 'string' ? { note: outcome, result: undefined } : outcome;
  say(`${label} ${note} (${secondsSince(since)})`);
  return /** @type {T} */ (result);
}

/**
 * Run a program to its end, its output indented under the stage.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean, shell?: boolean }} [options] `quiet` prints nothing
 * @returns {Promise<{ status: number, output: string }>} exit status and all output; 127 when the program is not there
 */
export function run(command, args, { cwd = packageRoot, env = process.env, quiet = false, shell = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'] });
    const stop = () => child.kill();
    process.once('exit', stop);
    let output = '';
    let atLineStart = true;
    /** @param {string} text */
    const take = (text) => {
      output += text;
      if (quiet) return;
      const indented = text.replace(/\n(?=.)/g, '\n  ');
      process.stdout.write(atLineStart ? `  ${indented}` : indented);
      atLineStart = text.endsWith('\n');
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', take);
    /** @param {number} status @param {string} [reason] */
    const finish = (status, reason = '') => {
      process.removeListener('exit', stop);
      if (!atLineStart && !quiet) process.stdout.write('\n');
      resolve({ status, output: output + reason });
    };
    child.once('error', (error) => finish(127, error.message));
    child.once('close', (status, signal) => finish(status ?? 1, signal ? `ended by ${signal}` : ''));
  });
}

/**
 * Run a script's main function: a failure becomes one line on stderr and exit status 1, a signal status 130.
 *
 * @param {() => Promise<number>} work returns the exit status
 */
export async function main(work) {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => process.exit(130));
  try {
    process.exitCode = await work();
  } catch (error) {
    const reason = error instanceof SetupError ? error.message : explain(error);
    process.stderr.write(`foothold: ${reason}\n`);
    process.exitCode = 1;
  }
}

/** @param {unknown} error */
function explain(error) {
  const { code, message, stack } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code === 'ENOSPC') return `no space left on the disk (${message}). Free some and run again.`;
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return `${message}. Give yourself write access there.`;
  return stack ?? String(error);
}
