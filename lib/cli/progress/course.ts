/** What is known of a training run from its steps so far, and how it is said. */
import type { RunStart, StepRecord } from '../../train/index.js';
import type { Style } from './paint.js';
import { duration, percent, sparkline, trend } from './words.js';

/** A word or two that stay together on a line. */
export interface Cell {
  text: string;
  style?: Style;
}

/** Steps that the curve and the time left are made of. */
const window = 16;

export class Course {
  private numStages = 1;
  private last: StepRecord | undefined;
  private readonly curve: number[] = [];
  private readonly times: number[] = [];
  /** Of the last validation. */
  private heldOut: [string, string][] = [];

  start({ config }: RunStart): void {
    this.numStages = config.stages.length;
  }

  add(record: StepRecord): void {
    const { metrics } = record;
    if (this.last?.stage !== record.stage) {
      this.curve.length = 0;
      this.times.length = 0;
      this.heldOut = [];
    }
    this.last = record;
    keep(this.curve, metrics[this.curveName]);
    keep(this.times, metrics.step_time);
    const heldOut = heldOutMetrics(metrics);
    if (heldOut.length > 0) this.heldOut = heldOut;
  }

  /** 0 to 1; undefined before the first step. */
  get share(): number | undefined {
    return this.last && this.last.step / this.last.totalSteps;
  }

  /** Which step of how many. */
  get place(): Cell[] {
    if (!this.last) return [];
    const { step, totalSteps, stage, metrics } = this.last;
    const stages = this.numStages > 1 ? ` ${stage + 1}/${this.numStages}` : '';
    return [{ text: `${metrics.method ?? 'run'}${stages}`, style: 'bold' }, { text: `step ${step}/${totalSteps}` }];
  }

  get timeLeft(): string | undefined {
    if (!this.last || this.times.length === 0 || this.last.step >= this.last.totalSteps) return undefined;
    const mean = this.times.reduce((sum, time) => sum + time, 0) / this.times.length;
    return duration(mean * (this.last.totalSteps - this.last.step));
  }

  /** What the run is judged by. @param drawn with the curve of the last steps, and the last validation's results */
  cells(drawn: boolean): Cell[] {
    if (!this.last) return [];
    const { metrics } = this.last;
    const heldOut = drawn ? this.heldOut : heldOutMetrics(metrics);
    const named = (name: string, key: string, show: (value: number) => string): Cell[] => {
      const value = metrics[key];
      return typeof value === 'number' ? [{ text: `${name} ${show(value)}` }] : [];
    };
    return [
      ...this.curveCell(drawn),
      ...named('format', 'completions/malformed_ratio', (share) => percent(1 - share)),
      ...named('zero-std', 'frac_reward_zero_std', percent),
      ...named('tokens/s', 'tokens_per_second', (rate) => rate.toFixed(0)),
      ...heldOut.map(([name, value]) => ({ text: `held-out ${name} ${value}` })),
    ];
  }

  private get curveName(): 'loss' | 'reward' {
    return this.last?.metrics.method === 'sft' ? 'loss' : 'reward';
  }

  private curveCell(drawn: boolean): Cell[] {
    const name = this.curveName;
    const value = this.last!.metrics[name];
    if (typeof value !== 'number') return [];
    const direction = trend(this.curve);
    const arrow = direction === undefined ? '' : ` ${{ 1: '↑', 0: '→', [-1]: '↓' }[direction]}`;
    const line = drawn && this.curve.length > 1 ? ` ${sparkline(this.curve)}` : '';
    const better = name === 'loss' ? -1 : 1;
    const style = direction ? { style: direction === better ? ('green' as const) : ('red' as const) } : {};
    return [{ text: `${name} ${value.toFixed(name === 'loss' ? 4 : 3)}${line}${arrow}`, ...style }];
  }
}

function keep(values: number[], value: number | string | null | undefined): void {
  if (typeof value === 'number') values.push(value);
  if (values.length > window) values.shift();
}

function heldOutMetrics(metrics: StepRecord['metrics']): [string, string][] {
  const shown: [string, string, (value: number) => string][] = [
    ['reward', 'eval_reward', (value) => value.toFixed(3)],
    ['accuracy', 'eval_accuracy', percent],
    ['loss', 'eval_loss', (value) => value.toFixed(4)],
  ];
  return shown.flatMap(([name, key, show]): [string, string][] => {
    const value = metrics[key];
    return typeof value === 'number' ? [[name, show(value)]] : [];
  });
}
