/** Rows of timings as Markdown. */
import { spread } from '../../lib/bench/spread.js';
import type { Timing } from './contend.js';

export const seconds = (timings: readonly Timing[], part: 'seconds' | 'sampling' = 'seconds') =>
  spread(timings.map((timing) => timing[part]!));
export const peak = (timings: readonly Timing[]) => Math.max(...timings.map(({ peakBytes }) => peakBytes));
export const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(2);

export function withRange(timings: readonly Timing[]): string {
  const { median, min, max } = seconds(timings);
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
