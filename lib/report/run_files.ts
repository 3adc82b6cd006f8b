/** The files of a run that are shown to people, and no other. */
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../errors.js';

export type RunFile = 'config.yaml' | 'environment.json' | 'metrics.jsonl' | 'samples.jsonl' | 'events.jsonl';

/** Settings and environment are written by hand or by us; larger ones are neither. */
const MAX_SMALL_FILE = 4 << 20;

export class RunFiles {
  readonly name: string;

  private constructor(readonly path: string) {
    this.name = basename(path);
  }

  /** @throws UserError when the path is not a run directory. */
  static async at(path: string): Promise<RunFiles> {
    const files = new RunFiles(resolve(path));
    const found = await stat(files.path).catch(() => undefined);
    if (!found?.isDirectory()) {
      throw new UserError(`${path}: no such folder. Name a run directory, as \`foothold train\` writes it.`);
    }
    const config = await files.open('config.yaml');
    if (!config) throw new UserError(`${path} has no config.yaml, so it is not a run directory of \`foothold train\`.`);
    await config.close();
    return files;
  }

  /**
   * Open a file for reading; undefined when there is none. A link is refused, as it may lead out of the directory, and
   * so is what is not a plain file, since reading a pipe may never end.
   *
   * @throws UserError for those, and when it cannot be read.
   */
  async open(name: RunFile): Promise<FileHandle | undefined> {
    const path = join(this.path, name);
    let handle: FileHandle;
    try {
      handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      if (code === 'ELOOP') throw new UserError(`${path} is a link; files of a run must lie in its directory.`);
      throw new UserError(`${path} cannot be read: ${message}`);
    }
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    throw new UserError(`${path} is not a file.`);
  }

  /** Text of a small file; undefined when there is none. @throws UserError when it is absurdly large. */
  async read(name: 'config.yaml' | 'environment.json'): Promise<string | undefined> {
    const handle = await this.open(name);
    if (!handle) return undefined;
    try {
      const { size } = await handle.stat();
      if (size <= MAX_SMALL_FILE) return await handle.readFile('utf8');
      throw new UserError(`${join(this.path, name)} is ${size} bytes; ${MAX_SMALL_FILE} are the most that is shown.`);
    } finally {
      await handle.close();
    }
  }

  /** The last whole lines of a file, up to some number of bytes; none when there is no file. */
  async readEnd(name: RunFile, bytes: number): Promise<string[]> {
    const handle = await this.open(name);
    if (!handle) return [];
    try {
      const { size } = await handle.stat();
      const from = Math.max(0, size - bytes);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
      const lines = buffer.toString('utf8', 0, bytesRead).split('\n').slice(0, -1);
      return from > 0 ? lines.slice(1) : lines;
    } finally {
      await handle.close();
    }
  }
}
