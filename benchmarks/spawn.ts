/** Commands that are measured, each in a process of its own. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/**
 * Standard output of a command.
 *
 * @param prefix words before it, as `taskset` or `chrt` with their options; may be empty
 * @throws Error with the end of its standard error when it fails
 */
export async function spawnText(prefix: string, command: readonly string[], input = ''): Promise<string> {
  const [program, ...args] = [...prefix.split(' ').filter(Boolean), ...command];
  const child = spawn(program!, args, { stdio: 'pipe' });
  child.stdin.on('error', () => {}); // a child that ended early says why by its status
  child.stdin.end(input);
  const [out, errors, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve, reject) => child.on('close', resolve).on('error', reject)),
  ]);
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${errors.slice(-2000)}`);
  return out;
}
