/** What a contender measures of itself, and its summaries. */
import { fileURLToPath } from 'node:url';
import { spread } from '../../lib/bench/spread.js';
import { spawnText } from '../spawn.js';

/** One JSON line of a contender's output, a repetition. */
export interface Timing {
  seconds: number;
  /** Part of `seconds`; TRL does not tell. */
  sampling?: number;
  /** Largest resident memory of the process so far. */
  peakBytes: number;
  /** Tokens of each completion. */
  lengths: number[];
}

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
export const footholdCommand = [process.execPath, '--import', 'tsx', here('foothold_step.ts')];
export const llamaCommand = [process.execPath, here('llama_sample.mjs')];
export const trlCommand = (python: string) => [python, here('trl_step.py')];

/** A timing for each repetition of a contender that is given `job`; the first one warmed up. */
export async function contend(prefix: string, command: readonly string[], job: object): Promise<Timing[]> {
  const lines = (await spawnText(prefix, command, JSON.stringify(job))).split('\n');
  return lines.filter((line) => line.startsWith('{"')).map((line) => JSON.parse(line) as Timing);
}

export const seconds = (timings: readonly Timing[], part: 'seconds' | 'sampling' = 'seconds') =>
  spread(timings.map((timing) => timing[part]!));
export const peak = (timings: readonly Timing[]) => Math.max(...timings.map(({ peakBytes }) => peakBytes));
export const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(2);

export function withRange(timings: readonly Timing[]): string {
  const { median, min, max } = seconds(timings);
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}
