/** A few lines at the bottom of a terminal that are drawn again and again, with lines that stay above them. */
import { stripVTControlCharacters } from 'node:util';

const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const clearBelow = '\x1b[J';
const clearRight = '\x1b[K';

export class Screen {
  private drawn: string[] = [];
  private hidden = false;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  get width(): number {
    // The last column stays free: a terminal may wrap a line that fills it.
    return Math.max(10, this.columns - 1);
  }

  /** A terminal that does not know its width says 0. */
  private get columns(): number {
    return this.stream.columns || 80;
  }

  /** Lines no wider than `width`. */
  draw(lines: readonly string[]): void {
    if (lines.join('\n') === this.drawn.join('\n')) return;
    const hide = this.hidden ? '' : hideCursor;
    if (!this.hidden) process.on('exit', this.restore);
    this.hidden = true;
    this.stream.write(`${hide}${this.home()}${lines.map((line) => `${line}${clearRight}\n`).join('')}${clearBelow}`);
    this.drawn = [...lines];
  }

  /** A line that stays, above those drawn. */
  log(text: string): void {
    this.clear();
    this.stream.write(`${text}\n`);
  }

  /** Take the lines away, until they are drawn again. */
  clear(): void {
    if (this.drawn.length > 0) this.stream.write(`${this.home()}${clearBelow}`);
    this.drawn = [];
  }

  /** Leave the lines as they are; what is written next stands below them. */
  close(): void {
    this.drawn = [];
    this.restore();
  }

  /** To the beginning of the first line drawn. A terminal that has become narrower has broken lines in several rows. */
  private home(): string {
    const { columns } = this;
    const rows = this.drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns)),
      0,
    );
    return rows > 0 ? `\x1b[${rows}A\r` : '\r';
  }

  private readonly restore = (): void => {
    if (!this.hidden) return;
    this.hidden = false;
    process.off('exit', this.restore);
    this.stream.write(showCursor);
  };
}
