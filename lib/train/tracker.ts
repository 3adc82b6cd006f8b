/** Trackers are told of a run as it goes: dashboards, experiment databases, TensorBoard. */
import type { RunConfig } from '../config/index.js';
import type { StepRecord, TrainResult } from './run.js';

/** What a tracker is told when a run begins, or goes on. */
export interface RunStart {
  config: RunConfig;
  /** Folder of the run. */
  output: string;
  /** Step of the checkpoint that the run goes on from: what a tracker knows of later steps is void. Null for a new run. */
  resumedFrom: number | null;
}

/** What a tracker is told when a run ends. */
export type RunEnd =
  | { outcome: 'finished'; result: TrainResult }
  /** By a signal or by `stop`; or, without a result, because nobody iterates over the trainer any more. */
  | { outcome: 'stopped'; result: TrainResult | null }
  | { outcome: 'failed'; error: unknown };

/**
 * A listener of a run. Its calls come one after the other and in order, beside the training, which does not wait for
 * them. The end of the run does, for 30 s at most, so that the last steps get through.
 *
 * A call that throws or rejects becomes a warning, and the run goes on. One that takes longer than 30 s is the tracker's
 * last: a warning says so. Whatever a tracker does, the result of the training is the same.
 */
export interface Tracker {
  /** What warnings call it. */
  name: string;
  start?(run: RunStart): unknown;
  /** A step was made, or validated at the start of a stage: metrics, and some of its completions. */
  step?(record: StepRecord): unknown;
  end?(end: RunEnd): unknown;
}

export const trackerTimeoutMs = 30_000;

/** The steps of a run as they come, told to trackers on the way. @param outcome how the run ended, once it has */
export async function* tracked(
  steps: AsyncIterable<StepRecord>,
  trackers: Trackers,
  start: RunStart,
  outcome: () => TrainResult | undefined,
): AsyncGenerator<StepRecord, void> {
  let end: RunEnd | undefined;
  trackers.tell((tracker) => tracker.start?.(start));
  try {
    for await (const record of steps) {
      trackers.tell((tracker) => tracker.step?.(record));
      yield record;
    }
  } catch (error) {
    end = { outcome: 'failed', error };
    throw error;
  } finally {
    const result = outcome() ?? null;
    end ??= result?.outcome === 'finished' ? { outcome: 'finished', result } : { outcome: 'stopped', result };
    await trackers.close(end);
  }
}

/** The trackers of a run, each with its queue of calls. */
export class Trackers {
  private readonly lines: Line[];

  constructor(trackers: readonly Tracker[], warn: (message: string) => void, timeoutMs = trackerTimeoutMs) {
    this.lines = trackers.map((tracker) => new Line(tracker, warn, timeoutMs));
  }

  tell(call: (tracker: Tracker) => unknown): void {
    for (const line of this.lines) line.add(call);
  }

  /** Tell of the end, and wait until all is told or given up. */
  async close(end: RunEnd): Promise<void> {
    this.tell((tracker) => tracker.end?.(end));
    await Promise.all(this.lines.map((line) => line.drained()));
  }
}

/** Calls to one tracker that wait for each other. */
class Line {
  private last: Promise<void> = Promise.resolve();
  private failures = 0;
  private givenUp = false;

  constructor(
    private readonly tracker: Tracker,
    private readonly warn: (message: string) => void,
    private readonly timeoutMs: number,
  ) {}

  add(call: (tracker: Tracker) => unknown): void {
    this.last = this.last.then(() => this.make(call));
  }

  /** Resolves when no call waits any more; the tracker is given up where that takes too long. */
  async drained(): Promise<void> {
    await this.limited(this.last);
  }

  private async make(call: (tracker: Tracker) => unknown): Promise<void> {
    if (this.givenUp) return;
    try {
      await this.limited(Promise.resolve(call(this.tracker)));
    } catch (error) {
      this.failures++;
      // The 1st, 10th, 100th, … time: a service that is away must not fill the screen.
      if (!/^10*$/.test(String(this.failures))) return;
      const count = this.failures > 1 ? ` (${this.failures} times so far)` : '';
      this.warn(`tracker ${this.tracker.name}: ${(error as Error)?.message ?? error}${count}; the training goes on`);
    }
  }

  /** Wait for a promise for as long as a tracker may take. */
  private async limited(promise: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => resolve(this.giveUp()), this.timeoutMs);
    });
    try {
      await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private giveUp(): void {
    if (this.givenUp) return;
    this.givenUp = true;
    this.warn(`tracker ${this.tracker.name}: no answer within ${this.timeoutMs / 1000} s; it is told no more`);
  }
}
