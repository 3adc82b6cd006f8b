import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../errors.js';

const BUFFER_CHARACTERS = 1 << 20;

/**
 * Writes lines beside a file and takes its place at the end, so that a file of that name is always a whole one.
 * Folders are made as needed.
 */
export class LineWriter {
  private pending: string[] = [];
  private pendingLength = 0;

  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  static async open(path: string): Promise<LineWriter> {
    try {
      await mkdir(dirname(path), { recursive: true });
      return new LineWriter(path, await open(partial(path), 'w'));
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  async write(line: string): Promise<void> {
    this.pending.push(line, '\n');
    this.pendingLength += line.length + 1;
    if (this.pendingLength >= BUFFER_CHARACTERS) await this.flush();
  }

  /** Finish the file under its own name. */
  async commit(): Promise<void> {
    await this.flush();
    await this.handle.sync();
    await this.handle.close();
    await rename(partial(this.path), this.path);
  }

  /** Throw away what was written; does nothing after `commit`. */
  async discard(): Promise<void> {
    await this.handle.close();
    await rm(partial(this.path), { force: true });
  }

  private async flush(): Promise<void> {
    try {
      await this.handle.writeFile(this.pending.join(''));
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
    this.pending = [];
    this.pendingLength = 0;
  }
}

/** A full disk or a folder without permission is for the user to mend; Node's own error names no file when a write fails. */
function cannotWrite(path: string, error: unknown): UserError {
  return new UserError(`${path}: cannot be written: ${(error as Error).message}.`);
}

function partial(path: string): string {
  return `${path}.partial`;
}
