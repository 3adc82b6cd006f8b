import { join } from 'node:path';
import { writeWhole } from '../train/files.js';
import type { Item } from './items.js';
import { mean, passAtK, passPoints, quantile, wilsonInterval } from './statistics.js';

export interface EvalReport {
  model: string;
  data: string;
  problems: number;
  samples: number;
  temperature: number;
  /** avg@k: mean share of right samples; with one sample the accuracy. */
  accuracy: number;
  /** 95 % interval of `accuracy` over problems (Wilson's). */
  interval: [low: number, high: number];
  /** pass@k by k, for k = 1, 2, 4, … and the number of samples. */
  passAtK: Record<string, number>;
  /** Samples whose answer could not be decided; they count as wrong. */
  undecided: number;
  /** Shares of samples: following the format rule of training; with a marked answer; ended by themselves. */
  formatRate: number;
  markedRate: number;
  finishedRate: number;
  /** Tokens of a response. */
  length: { mean: number; median: number; p90: number; max: number };
}

/** The summary of all items, also written to `report.json`. */
export async function summarise(
  out: string,
  items: readonly Item[],
  { model, data, samples: n, temperature }: { model: string; data: string; samples: number; temperature: number },
): Promise<EvalReport> {
  const samples = items.flatMap((item) => item.samples);
  const share = (test: (sample: Item['samples'][number]) => boolean) =>
    mean(samples.map((sample) => Number(test(sample))));
  const scores = items.map(({ correct }) => correct / n);
  const lengths = samples.map(({ tokens }) => tokens);
  const report: EvalReport = {
    model,
    data,
    problems: items.length,
    samples: n,
    temperature,
    accuracy: mean(scores),
    interval: wilsonInterval(scores, n),
    passAtK: Object.fromEntries(
      passPoints(n).map((k) => [k, mean(items.map(({ correct }) => passAtK(n, correct, k)))]),
    ),
    undecided: samples.filter(({ equal }) => equal === null).length,
    formatRate: share(({ wellFormed }) => wellFormed),
    markedRate: share(({ marked }) => marked),
    finishedRate: share(({ finished }) => finished),
    length: {
      mean: mean(lengths),
      median: quantile(lengths, 0.5),
      p90: quantile(lengths, 0.9),
      max: lengths.reduce((a, b) => Math.max(a, b), 0),
    },
  };
  await writeWhole(join(out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  return report;
}

/** The report as people read it. */
export function reportText(report: EvalReport): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const { accuracy, interval, samples, length, passAtK: pass } = report;
  const name = samples === 1 ? 'accuracy' : `avg@${samples}`;
  const lines = [
    [
      'problems',
      `${report.problems}, ${samples} ${samples === 1 ? 'response' : 'responses'} each, temperature ${report.temperature}`,
    ],
    [name, `${percent(accuracy)}  (95 % interval ${percent(interval[0])} to ${percent(interval[1])})`],
    ...Object.entries(pass)
      .filter(() => samples > 1)
      .map(([k, value]) => [`pass@${k}`, percent(value)]),
    ['undecided', String(report.undecided)],
    ['well-formed', percent(report.formatRate)],
    ['marked answer', percent(report.markedRate)],
    ['ended by itself', percent(report.finishedRate)],
    [
      'tokens',
      `mean ${length.mean.toFixed(0)}, median ${length.median.toFixed(0)}, 90 % ${length.p90.toFixed(0)}, most ${length.max}`,
    ],
  ];
  return lines.map(([label, value]) => `${label!.padEnd(16)} ${value}\n`).join('');
}
