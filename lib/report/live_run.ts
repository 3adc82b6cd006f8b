/** One run, followed for any number of readers. */
import type { RunUpdate } from './payload.js';
import type { RunData } from './run_data.js';
import { Cursor } from './updates.js';

/** Milliseconds between two looks at the files. */
const INTERVAL = 500;

/** Where updates go. */
export interface Reader {
  /** @returns false when no more can be taken until `resume` of the follower is called. */
  send(update: RunUpdate): boolean;
  /** The run's files cannot be read any more. */
  fail(error: Error): void;
}

export class LiveRun {
  private readonly readers = new Map<Reader, Cursor>();
  private readonly full = new Set<Reader>();
  private timer: NodeJS.Timeout | undefined;
  private refreshing: Promise<void> | undefined;

  constructor(readonly data: RunData) {}

  get readerCount(): number {
    return this.readers.size;
  }

  /** Tell a reader everything, and what is new from then on. */
  async follow(reader: Reader): Promise<void> {
    this.readers.set(reader, new Cursor());
    await this.look();
    if (this.readers.has(reader)) this.timer ??= setInterval(() => void this.look(), INTERVAL); // it may have left
  }

  leave(reader: Reader): void {
    this.readers.delete(reader);
    this.full.delete(reader);
    if (this.readers.size === 0) this.close();
  }

  /** A reader that was full can take more. */
  resume(reader: Reader): void {
    this.full.delete(reader);
    this.pass(reader);
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Read what is new and pass it on; a look that takes longer than the interval is not begun twice. */
  private look(): Promise<void> {
    this.refreshing ??= this.refresh().finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  private async refresh(): Promise<void> {
    try {
      await this.data.refresh();
      for (const reader of this.readers.keys()) this.pass(reader);
    } catch (error) {
      for (const reader of this.readers.keys()) reader.fail(error as Error);
    }
  }

  private pass(reader: Reader): void {
    const cursor = this.readers.get(reader);
    while (cursor && !this.full.has(reader)) {
      const update = cursor.next(this.data);
      if (!update) return;
      if (!reader.send(update)) this.full.add(reader);
    }
  }
}
