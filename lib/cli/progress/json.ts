/** Progress as events: JSON objects, one a line, on standard output. */
import type { RunEnd, RunStart, StepRecord } from '../../train/index.js';
import type { Activity } from './activity.js';
import type { Progress } from './index.js';

/** Least time between two `progress` events: they tell that work goes on, not each of its parts. */
const intervalMs = 1000;

export class JsonProgress implements Progress {
  readonly name = 'progress';
  private activity: Activity | undefined;
  private told = 0;
  private closed = false;

  constructor(private readonly stream: NodeJS.WritableStream) {
    // A reader that goes away does not end the work.
    stream.on('error', () => {
      this.closed = true;
    });
  }

  start({ config, output, resumedFrom }: RunStart): void {
    this.emit({ event: 'start', output, resumedFrom, config });
  }

  step({ samples: _, ...record }: StepRecord): void {
    this.emit({ event: 'step', ...record });
  }

  end(end: RunEnd): void {
    if (end.outcome !== 'failed') this.emit({ event: 'end', outcome: end.outcome, ...end.result });
    else this.emit({ event: 'end', outcome: end.outcome, message: (end.error as Error)?.message ?? String(end.error) });
  }

  enter(activity: Activity): void {
    this.activity = activity;
    this.tell({});
  }

  advance(progress: { done: number; total: number }): void {
    this.tell(progress);
  }

  item({ done, total }: { done: number; total: number }, text: string): void {
    this.emit({ event: 'item', done, total, text });
  }

  report(data: object): void {
    this.emit({ event: 'report', ...data });
  }

  log(message: string): void {
    this.emit({ event: 'message', message });
  }

  warn(message: string): void {
    this.emit({ event: 'warning', message });
  }

  close(): void {}

  private tell(progress: { done?: number; total?: number }): void {
    const now = Date.now();
    if (now - this.told < intervalMs) return;
    this.told = now;
    this.emit({ event: 'progress', phase: this.activity, ...progress });
  }

  private emit(event: object): void {
    if (!this.closed) this.stream.write(`${JSON.stringify(event)}\n`);
  }
}
