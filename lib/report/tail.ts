/** Reads on in a file of lines that another process appends to, and notices when that process went back. */
import type { FileHandle } from 'node:fs/promises';

export interface LineSink {
  /** What was read so far is no longer in the file, which is read again from its beginning. */
  rewound(): void;
  /** A whole line, and where its bytes lie. `text` is null when it is longer than any of ours. */
  line(text: string | null, start: number, length: number): void;
}

const CHUNK_BYTES = 1 << 20;
const MAX_LINE_BYTES = 64 << 20;
/** Bytes before the position that must still be there for what was read to count as unchanged. */
const WITNESS_BYTES = 512;
const NEWLINE = 0x0a;

export class LineTail {
  /** After the last whole line. */
  private position = 0;
  private inode = 0;
  private witness = Buffer.alloc(0);

  /** @param open gives undefined while there is no file. */
  constructor(private readonly open: () => Promise<FileHandle | undefined>) {}

  /** Begin again with the next `read`. */
  restart(): void {
    this.position = 0;
    this.witness = Buffer.alloc(0);
  }

  /** Pass on the lines that were completed since the last call. A line without its end waits for the next. */
  async read(sink: LineSink): Promise<void> {
    const handle = await this.open();
    try {
      if (this.position > 0 && !(handle && (await this.isUnchanged(handle)))) {
        this.restart();
        sink.rewound();
      }
      if (handle) await this.readOn(handle, sink);
    } finally {
      await handle?.close();
    }
  }

  private async isUnchanged(handle: FileHandle): Promise<boolean> {
    const { ino, size } = await handle.stat();
    if (ino !== this.inode || size < this.position) return false;
    const length = this.witness.length;
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, this.position - length);
    return buffer.equals(this.witness);
  }

  private async readOn(handle: FileHandle, sink: LineSink): Promise<void> {
    this.inode = (await handle.stat()).ino;
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    for (let at = this.position; ; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at);
      if (bytesRead === 0) return;
      const chunk = buffer.subarray(0, bytesRead);
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        pending.push(chunk.subarray(start, end));
        const length = pendingBytes + end - start;
        const line = length > MAX_LINE_BYTES ? null : Buffer.concat(pending);
        sink.line(line?.toString('utf8') ?? null, this.position, length);
        this.advance(line ?? Buffer.alloc(0), length + 1);
        start = end + 1;
        pending = [];
        pendingBytes = 0;
      }
      pendingBytes += bytesRead - start;
      // Of a line that is too long only its length is kept.
      if (pendingBytes > MAX_LINE_BYTES) pending = [];
      else pending.push(chunk.subarray(start));
      at += bytesRead;
    }
  }

  private advance(line: Buffer, bytes: number): void {
    this.position += bytes;
    this.witness =
      line.length === 0 ? Buffer.from('\n') : Buffer.concat([line.subarray(-WITNESS_BYTES), Buffer.from('\n')]);
  }
}
