/** Progress as plain lines: for files, pipes and CI. */
import type { RunStart, StepRecord } from '../../train/index.js';
import { type Activity, activityText } from './activity.js';
import { Course } from './course.js';
import type { Progress } from './index.js';
import type { Paint } from './paint.js';
import { duration } from './words.js';

/** A part of the work that takes longer than this is told of, again and again, so that nobody takes it for dead. */
const silenceMs = 15_000;

export class PlainProgress implements Progress {
  readonly name = 'progress';
  private readonly course = new Course();
  private activity: Activity | undefined;
  private progress: { done: number; total: number } | undefined;
  private began = Date.now();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly stream: NodeJS.WritableStream,
    private readonly paint: Paint,
    private readonly quiet: boolean,
  ) {
    this.timer = setInterval(() => this.breakSilence(), silenceMs).unref();
  }

  start(run: RunStart): void {
    this.course.start(run);
  }

  step(record: StepRecord): void {
    this.course.add(record);
    const left = this.course.timeLeft;
    const cells = [...this.course.place, ...this.course.cells(false), ...(left ? [{ text: `left ${left}` }] : [])];
    // Without the method: a line says `step 4/10` first, which scripts look for.
    this.log(
      cells
        .slice(1)
        .map(({ text }) => text)
        .join('  '),
    );
  }

  enter(activity: Activity): void {
    this.activity = activity;
    this.progress = undefined;
    this.began = Date.now();
  }

  advance(progress: { done: number; total: number }): void {
    this.progress = progress;
  }

  item(progress: { done: number; total: number }, text: string): void {
    this.log(`${progress.done}/${progress.total}  ${text}`);
  }

  report(_data: object, text: () => string): void {
    process.stdout.write(text());
  }

  log(message: string): void {
    if (this.quiet) return;
    this.stream.write(`${message}\n`);
    this.timer.refresh();
  }

  warn(message: string): void {
    this.stream.write(`${this.paint('yellow', 'warning:')} ${message}\n`);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private breakSilence(): void {
    if (!this.activity) return;
    this.log(`${activityText(this.activity, this.progress)} (${duration((Date.now() - this.began) / 1000)})`);
  }
}
