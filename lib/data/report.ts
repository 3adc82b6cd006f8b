/** What a reading kept and what it left out, and why. */
import type { Instance, Step } from './instance.js';

/** Smallest, middle and largest of some numbers; zeros when there are none. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

/** Lengths of the parts of the instances. */
export interface Lengths {
  problem: Spread;
  context: Spread;
  target: Spread;
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
  stepsPerRow: Spread & {
    /** Number of steps → rows that have so many. */
    histogram: Record<string, number>;
  };
  /** In Unicode code points. */
  characters: Lengths;
  /** In tokens, where a tokenizer was given. */
  tokens?: Lengths;
}

/** Counts of whole numbers. A frequency table, so that memory does not grow with the rows. */
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

/** Lengths of instances by one measure of texts. */
class LengthTally {
  private readonly problem = new Tally();
  private readonly context = new Tally();
  private readonly target = new Tally();

  constructor(private readonly measure: (text: string) => number) {}

  /** Add the instances of one row, in which the same texts come again and again. */
  add(instances: readonly Instance[]): void {
    const known = new Map<string, number>();
    const lengthOf = (text: string) => {
      const length = known.get(text) ?? this.measure(text);
      known.set(text, length);
      return length;
    };
    const stepLength = ({ text, observation = '' }: Step) => lengthOf(text) + lengthOf(observation);
    for (const { problem, context, target } of instances) {
      this.problem.add(lengthOf(problem));
      this.context.add(context.reduce((sum, step) => sum + stepLength(step), 0));
      this.target.add(lengthOf(target));
    }
  }

  build(): Lengths {
    return { problem: this.problem.spread(), context: this.context.spread(), target: this.target.spread() };
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
  private readonly characters = new LengthTally(codePoints);
  private readonly tokens: LengthTally | undefined;

  /** @param countTokens length of a text in tokens, to report those lengths too */
  constructor(countTokens?: (text: string) => number) {
    this.tokens = countTokens && new LengthTally(countTokens);
  }

  /** A row that gave nothing. */
  drop(reason: string): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + 1;
  }

  /** A row that gave these instances; `leftOut` counts its parts that went into none, by reason. */
  keep(instances: readonly Instance[], numSteps: number, leftOut: Record<string, number> = {}): void {
    this.kept++;
    this.instances += instances.length;
    this.steps.add(numSteps);
    this.characters.add(instances);
    this.tokens?.add(instances);
    for (const [reason, n] of Object.entries(leftOut)) {
      if (n > 0) this.leftOut[reason] = (this.leftOut[reason] ?? 0) + n;
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
      characters: this.characters.build(),
      ...(this.tokens && { tokens: this.tokens.build() }),
    };
  }
}

/** Length of a text in Unicode code points; a lone surrogate counts as one. */
export function codePoints(text: string): number {
  let n = 0;
  for (const _ of text) n++;
  return n;
}
