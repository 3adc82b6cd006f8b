import { existsSync, realpathSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../errors.js';
import { makeFolder } from '../make_folder.js';

const BUFFER_CHARACTERS = 1 << 20;

/** Unfinished files of this process, which go when it exits. */
const unfinished = new Set<string>();
const removeUnfinished = () => {
  for (const path of unfinished) rmSync(path, { force: true });
};

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

  /** @throws UserError where the file cannot be written, or a folder or a device has its name */
  static async open(name: string): Promise<LineWriter> {
    const path = placeOf(name);
    try {
      await makeFolder(dirname(path));
      if (unfinished.size === 0) process.once('exit', removeUnfinished);
      unfinished.add(partial(path)); // before it is there: a signal may come in between
      return new LineWriter(path, await open(partial(path), 'w'));
    } catch (error) {
      settle(path);
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
    settle(this.path);
  }

  /** Throw away what was written; does nothing after `commit`. */
  async discard(): Promise<void> {
    await this.handle.close();
    await rm(partial(this.path), { force: true });
    settle(this.path);
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

/**
 * Where a file that takes another's place is to be put: behind a link, not instead of it.
 *
 * @throws UserError for a folder or a device, whose place cannot be taken
 */
export function placeOf(path: string): string {
  if (path === '') throw new UserError('A file to be written has no name.');
  if (!existsSync(path)) return path;
  if (statSync(path).isFile()) return realpathSync(path);
  throw new UserError(`${path}: cannot be written: it is a folder or a device. Give the name of a file.`);
}

/** A full disk or a folder without permission is for the user to mend; Node's own error names no file when a write fails. */
function cannotWrite(path: string, error: unknown): UserError {
  return new UserError(`${path}: cannot be written: ${(error as Error).message}.`);
}

/** Nothing unfinished is left for the exit to remove. */
function settle(path: string): void {
  unfinished.delete(partial(path));
  if (unfinished.size === 0) process.off('exit', removeUnfinished);
}

function partial(path: string): string {
  return `${path}.partial`;
}
