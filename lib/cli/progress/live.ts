/** Progress in a terminal: where a run is, what it is judged by, and what it is doing now. */
import { stripVTControlCharacters } from 'node:util';
import type { RunStart, StepRecord } from '../../train/index.js';
import { type Activity, activityText } from './activity.js';
import { type Cell, Course } from './course.js';
import type { Progress } from './index.js';
import type { Paint } from './paint.js';
import { Screen } from './screen.js';
import { bar, duration } from './words.js';

const redrawMs = 100;
/** From then on a part of the work shows how long it has taken. */
const longMs = 3000;

/** Things done one after the other, some of them perhaps by an earlier process. */
interface Items {
  first: number;
  began: number;
  done: number;
  total: number;
  text: string;
}

export class LiveProgress implements Progress {
  readonly name = 'progress';
  private readonly course = new Course();
  private readonly screen: Screen;
  private readonly timer: NodeJS.Timeout;
  private activity: Activity | undefined;
  private progress: { done: number; total: number } | undefined;
  private began = Date.now();
  private items: Items | undefined;
  private closed = false;

  constructor(
    stream: NodeJS.WriteStream,
    private readonly paint: Paint,
  ) {
    this.screen = new Screen(stream);
    this.timer = setInterval(() => this.draw(), redrawMs).unref();
  }

  start(run: RunStart): void {
    this.course.start(run);
  }

  step(record: StepRecord): void {
    this.course.add(record);
  }

  enter(activity: Activity): void {
    this.activity = activity;
    this.progress = undefined;
    this.began = Date.now();
  }

  advance(progress: { done: number; total: number }): void {
    this.progress = progress;
  }

  item({ done, total }: { done: number; total: number }, text: string): void {
    this.items ??= { first: done - 1, began: this.began, done, total, text };
    Object.assign(this.items, { done, text });
  }

  report(_data: object, text: () => string): void {
    this.screen.clear();
    process.stdout.write(text());
  }

  log(message: string): void {
    this.screen.log(message);
    if (!this.closed) this.draw();
  }

  warn(message: string): void {
    this.log(`${this.paint('yellow', 'warning:')} ${message}`);
  }

  /** The course of a training run stays on the screen; what was being done goes. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.timer);
    this.activity = undefined;
    this.draw();
    this.screen.close();
  }

  private draw(): void {
    const { width } = this.screen;
    const lines = [...this.placeLines(width), ...this.flow(this.course.cells(true), width), ...this.nowLines(width)];
    this.screen.draw(lines);
  }

  private placeLines(width: number): string[] {
    const { share, place, timeLeft } = this.course;
    if (share === undefined) return [];
    const left = timeLeft === undefined ? [] : [{ text: `${timeLeft} left` }];
    const taken = [...place, ...left].reduce((sum, { text }) => sum + text.length + 2, 0);
    const columns = Math.min(24, width - taken);
    const drawn = columns < 6 ? [] : [{ text: bar(share, columns), style: 'dim' as const }];
    return this.flow([...place, ...drawn, ...left], width);
  }

  private nowLines(width: number): string[] {
    if (!this.activity) return [];
    const cells = [activityText(this.activity, this.progress), this.timeOfActivity(), ...this.itemCells()];
    const text = cells.filter((cell) => cell !== '').join('  ');
    return [this.paint('dim', text.slice(0, width))];
  }

  /** How long a part will take where that can be told (the totals of tokens are upper bounds), else how long it has. */
  private timeOfActivity(): string {
    const elapsed = Date.now() - this.began;
    if (elapsed < longMs) return '';
    if (this.activity !== 'fetch' || !this.progress?.done) return this.items ? '' : duration(elapsed / 1000);
    const { done, total } = this.progress;
    return `${duration((elapsed / 1000 / done) * (total - done))} left`;
  }

  private itemCells(): string[] {
    if (!this.items) return [];
    const { first, began, done, total, text } = this.items;
    const left = ((Date.now() - began) / 1000 / (done - first)) * (total - done);
    return [`${done}/${total}`, `${duration(left)} left`, oneLine(text)];
  }

  /** Cells in as many lines as they need; one that is wider than a line is cut. */
  private flow(cells: readonly Cell[], width: number): string[] {
    const lines: { length: number; text: string }[] = [];
    for (const { text, style } of cells) {
      const shown = text.slice(0, width);
      const painted = style ? this.paint(style, shown) : shown;
      const line = lines.at(-1);
      if (line && line.length + 2 + shown.length <= width) {
        line.text += `  ${painted}`;
        line.length += 2 + shown.length;
      } else {
        lines.push({ text: painted, length: shown.length });
      }
    }
    return lines.map(({ text }) => text);
  }
}

/** What a model wrote may hold line ends and codes that move the cursor. */
function oneLine(text: string): string {
  return stripVTControlCharacters(text).replace(/\s+/g, ' ');
}
