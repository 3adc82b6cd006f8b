/** Numbers in words, and rows of numbers in a few characters. */

/** `45 s`, `12 min`, `3 h 20 min` */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** `269 MB`, `1.5 GB` */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  const value = count / 1000 ** power;
  return `${value.toFixed(value < 10 && power > 0 ? 1 : 0)} ${units[power]}`;
}

/** `12,345` */
export function count(value: number): string {
  return value.toLocaleString('en');
}

const bars = '▁▂▃▄▅▆▇█';

/** A column for each value, the lowest to the highest. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values);
  const range = Math.max(...values) - low;
  const level = (value: number) => (range === 0 ? 3 : Math.round(((value - low) / range) * (bars.length - 1)));
  return values.map((value) => bars[level(value)]).join('');
}

/** `███████░░░░░` */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

const trendWindow = 5;

/**
 * Whether the last five values are higher than the five before by more than twice the standard error of the difference:
 * 1, or −1 where they are lower, else 0. Undefined while there are not ten.
 */
export function trend(values: readonly number[]): -1 | 0 | 1 | undefined {
  if (values.length < 2 * trendWindow) return undefined;
  const [before, after] = [values.slice(-2 * trendWindow, -trendWindow), values.slice(-trendWindow)].map(meanAndError);
  const difference = after!.mean - before!.mean;
  if (Math.abs(difference) <= 2 * Math.hypot(before!.error, after!.error)) return 0;
  return difference > 0 ? 1 : -1;
}

function meanAndError(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}
