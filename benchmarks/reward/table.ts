/** Results as a Markdown table: a row for each contender, a column for each set. */
import type { SetResult, Timing } from './run.js';

export function table(results: readonly SetResult[]): string {
  const names = [...new Set(results.flatMap(({ timings }) => timings.map(({ contender }) => contender)))];
  const head = ['pairs/s (× CPython)', ...results.map(({ set, meanLength }) => `${set} (${Math.round(meanLength)})`)];
  const rows = names.map((name) => [name, ...results.map((result) => cell(result, name))]);
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function cell({ timings }: SetResult, name: string): string {
  const find = (contender: string): Timing | undefined => timings.find((timing) => timing.contender === contender);
  const timing = find(name);
  if (timing?.wrong) return `wrong for ${(100 * timing.wrong).toFixed(1)} %`;
  if (!timing?.pairsPerSecond) return '–';
  const speed = timing.pairsPerSecond / find('CPython difflib')!.pairsPerSecond!;
  const noise = timing.noise === undefined ? '' : ` ±${Math.round(100 * timing.noise)} %`;
  return `${Number(timing.pairsPerSecond.toPrecision(3)).toLocaleString('en')}${noise} (${Number(speed.toPrecision(3))}×)`;
}
