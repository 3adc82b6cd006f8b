/** What a reading kept and what it left out, and why. */
import type { Instance } from './instance.js';

/** Smallest, middle and largest of some numbers; zeros when there are none. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

export interface DataReport {
  /** Name of the format, or of the custom splitter's module. */
  format: string;
  files: number;
  rows: number;
  /** Rows that gave at least one instance. */
  kept: number;
  /** Rows that gave none, by reason; these and `kept` add up to `rows`. */
  dropped: Record<string, number>;
  /** Parts of kept rows that were left out, by reason. */
  leftOut: Record<string, number>;
  instances: number;
  stepsPerRow: Spread & { /** Number of steps → rows that have so many. */ histogram: Record<string, number> };
  /** Lengths in characters (Unicode code points). */
  characters: { problem: Spread; context: Spread; target: Spread };
}

/** Counts, added to row by row. Values are kept as a frequency table, so that memory does not grow with the rows. */
export class Tally {
  private readonly frequency = new Map<number, number>();

  add(value: number): void {
    this.frequency.set(value, (this.frequency.get(value) ?? 0) + 1);
  }

  spread(): Spread {
    const values = [...this.frequency.keys()].sort((a, b) => a - b);
    const total = [...this.frequency.values()].reduce((sum, n) => sum + n, 0);
    let seen = 0;
    const median = values.find((value) => {
      seen += this.frequency.get(value)!;
      return seen * 2 >= total;
    });
    return { min: values[0] ?? 0, median: median ?? 0, max: values.at(-1) ?? 0 };
  }

  histogram(): Record<string, number> {
    return Object.fromEntries([...this.frequency].sort(([a], [b]) => a - b).map(([value, n]) => [String(value), n]));
  }
}

/** Collects a `DataReport` while rows are read. */
export class ReportBuilder {
  format = '';
  files = 0;
  rows = 0;
  private kept = 0;
  private instances = 0;
  private readonly dropped: Record<string, number> = {};
  private readonly leftOut: Record<string, number> = {};
  private readonly steps = new Tally();
  private readonly lengths = { problem: new Tally(), context: new Tally(), target: new Tally() };

  drop(reason: string): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + 1;
  }

  leaveOut(counts: Record<string, number> = {}): void {
    for (const [reason, n] of Object.entries(counts)) {
      if (n > 0) this.leftOut[reason] = (this.leftOut[reason] ?? 0) + n;
    }
  }

  /** A row that gave these instances, at least one. */
  keep(instances: readonly Instance[], numSteps: number): void {
    this.kept++;
    this.instances += instances.length;
    this.steps.add(numSteps);
    for (const instance of instances) {
      this.lengths.problem.add(codePoints(instance.problem));
      this.lengths.target.add(codePoints(instance.target));
      this.lengths.context.add(
        instance.context.reduce(
          (sum, { text, observation = '' }) => sum + codePoints(text) + codePoints(observation),
          0,
        ),
      );
    }
  }

  build(): DataReport {
    return {
      format: this.format,
      files: this.files,
      rows: this.rows,
      kept: this.kept,
      dropped: this.dropped,
      leftOut: this.leftOut,
      instances: this.instances,
      stepsPerRow: { ...this.steps.spread(), histogram: this.steps.histogram() },
      characters: {
        problem: this.lengths.problem.spread(),
        context: this.lengths.context.spread(),
        target: this.lengths.target.spread(),
      },
    };
  }
}

/** Length of a text in Unicode code points; a lone surrogate counts as one. */
export function codePoints(text: string): number {
  let n = 0;
  for (const _ of text) n++;
  return n;
}
