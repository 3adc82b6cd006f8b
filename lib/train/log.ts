/** Lines appended to a file in the order given, without anyone waiting for the disk. */
import { createReadStream } from 'node:fs';
import { open, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncPath } from './files.js';

export class LineLog {
  /** Taken in, not yet in the file. */
  private waiting = '';
  private writing: Promise<void> | null = null;
  private synced = true;
  /** Why the last write failed; the lines still wait. */
  failure: Error | null = null;

  constructor(private readonly file: string) {}

  append(records: readonly object[]): void {
    this.waiting += records.map((record) => `${JSON.stringify(record)}\n`).join('');
    this.start();
  }

  /**
   * Bring every line to the disk.
   * @throws what writing fails with; no line is lost or cut then, and the next flush tries again.
   */
  async flush(): Promise<void> {
    await this.writing;
    this.start();
    await this.writing;
    if (this.failure) throw this.failure;
    if (this.synced) return;
    this.synced = true; // lines that come meanwhile take it back
    try {
      await syncPath(this.file);
      await syncPath(dirname(this.file));
    } catch (error) {
      this.synced = false;
      throw error;
    }
  }

  private start(): void {
    if (this.waiting !== '' && !this.writing) this.writing = this.drain();
  }

  private async drain(): Promise<void> {
    try {
      this.failure = null;
      while (this.waiting !== '') {
        const text = this.waiting;
        this.synced = false;
        await appendWhole(this.file, text);
        this.waiting = this.waiting.slice(text.length);
      }
    } catch (error) {
      this.failure = error as Error;
    } finally {
      this.writing = null;
    }
  }
}

/** Append all of a text, or take back the part that fitted. */
async function appendWhole(file: string, text: string): Promise<void> {
  const handle = await open(file, 'a');
  try {
    const { size } = await handle.stat();
    try {
      await handle.appendFile(text);
    } catch (error) {
      await handle.truncate(size);
      throw error;
    }
  } finally {
    await handle.close();
  }
}

/** Cut a file after its last whole line that is wanted. It may be larger than a text can be. */
export async function cutAfterLast(file: string, isWanted: (line: string) => boolean): Promise<void> {
  let [read, end] = [0, 0];
  let pending: Buffer[] = [];
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let at = chunk.indexOf('\n'); at >= 0; at = chunk.indexOf('\n', start)) {
      pending.push(chunk.subarray(start, at));
      start = at + 1;
      if (isWanted(Buffer.concat(pending).toString())) end = read + start;
      pending = [];
    }
    pending.push(chunk.subarray(start));
    read += chunk.length;
  }
  if (end < read) await truncate(file, end);
}
