/** Shows how a run goes on: a bar that is redrawn in a terminal, a line a step elsewhere. No colours, so NO_COLOR holds. */
import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { Phase, StepRecord } from '../train/index.js';

const phaseNames: Record<Phase, string> = {
  fetch: 'fetching the model',
  data: 'reading data',
  load: 'loading the model',
  rollout: 'sampling',
  reward: 'scoring',
  update: 'updating',
  validation: 'validating',
  checkpoint: 'saving',
};

export class Progress {
  private readonly bars: MultiBar | undefined;
  private bar: SingleBar | undefined;
  private shown = '';
  private phase = 'starting';
  private tokens = '';
  private readonly stepTimes: number[] = [];

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {
    if (!stream.isTTY) return;
    this.bars = new MultiBar(
      { stream, format: '{bar} {value}/{total} {shown}{phase}', barsize: 20, hideCursor: true, linewrap: false },
      Presets.shades_classic,
    );
  }

  step(record: StepRecord): void {
    const seconds = record.metrics.step_time;
    if (typeof seconds === 'number') this.stepTimes.push(seconds);
    this.shown = summary(record, this.secondsLeft(record));
    if (!this.bars) {
      this.stream.write(`step ${record.step}/${record.totalSteps}  ${this.shown}\n`);
      return;
    }
    this.bar ??= this.bars.create(record.totalSteps, record.step);
    this.bar.setTotal(record.totalSteps);
    this.bar.update(record.step);
    this.draw();
  }

  enter(phase: Phase): void {
    this.phase = phaseNames[phase];
    this.tokens = '';
    this.draw();
  }

  advance({ done, total }: { done: number; total: number }): void {
    this.tokens = total > 0 ? ` ${Math.round((100 * done) / total)} %` : '';
    this.draw();
  }

  /** A line that stays. */
  log(message: string): void {
    if (this.bars && this.bar) this.bars.log(`${message}\n`);
    else this.stream.write(`${message}\n`);
  }

  close(): void {
    this.bars?.stop();
  }

  private draw(): void {
    if (!this.bars) return;
    this.bar ??= this.bars.create(1, 0);
    this.bar.update({ shown: this.shown, phase: `  ${this.phase}${this.tokens}` });
  }

  /** By the mean of the last 20 steps. */
  private secondsLeft({ step, totalSteps }: StepRecord): number | null {
    const recent = this.stepTimes.slice(-20);
    if (recent.length === 0) return null;
    return (recent.reduce((sum, time) => sum + time, 0) / recent.length) * (totalSteps - step);
  }
}

function summary({ metrics }: StepRecord, secondsLeft: number | null): string {
  const number = (name: string, digits: number) => {
    const value = metrics[name];
    return typeof value === 'number' ? value.toFixed(digits) : undefined;
  };
  const percent = (name: string) => {
    const value = metrics[name];
    return typeof value === 'number' ? `${Math.round(100 * value)} %` : undefined;
  };
  const parts: [string, string | undefined][] = [
    ['reward', number('reward', 3)],
    ['loss', metrics.method === 'sft' ? number('loss', 4) : undefined],
    ['malformed', percent('completions/malformed_ratio')],
    ['zero-std', percent('frac_reward_zero_std')],
    ['held-out reward', number('eval_reward', 3)],
    ['held-out accuracy', percent('eval_accuracy')],
    ['held-out loss', number('eval_loss', 4)],
    ['tokens/s', number('tokens_per_second', 0)],
    ['left', secondsLeft === null ? undefined : duration(secondsLeft)],
  ];
  return parts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}`)
    .join('  ');
}

/** `45 s`, `12 min`, `3 h 20 min` */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
