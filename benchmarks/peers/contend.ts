/** Runs one contender as a process of its own. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** What a contender prints, as one JSON line a repetition. */
export interface Timing {
  seconds: number;
  /** Part of `seconds`; TRL does not tell. */
  sampling?: number;
  /** Largest resident memory of the process so far. */
  peakBytes: number;
  /** Tokens of each completion. */
  lengths?: number[];
}

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
export const footholdCommand = [process.execPath, '--import', 'tsx', here('foothold_step.ts')];
export const llamaCommand = [process.execPath, here('llama_sample.mjs')];
export const trlCommand = (python: string) => [python, here('trl_step.py')];

/**
 * @param prefix words before the command, as `taskset` or `chrt` with their options
 * @param job its standard input, as JSON
 * @returns a timing for each repetition; the first one warmed up.
 */
export async function contend(prefix: string[], command: string[], job: object): Promise<Timing[]> {
  const [program, ...args] = [...prefix, ...command];
  const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {}); // a child that ended early says why by its status
  child.stdin.end(JSON.stringify(job));
  const [out, errors, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve, reject) => child.on('close', resolve).on('error', reject)),
  ]);
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${errors.slice(-2000)}`);
  const lines = out.split('\n').filter((line) => line.startsWith('{"'));
  return lines.map((line) => JSON.parse(line) as Timing);
}
