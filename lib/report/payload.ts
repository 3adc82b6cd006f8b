/** What the page of a run is told: by the file that holds it, or by the server of `foothold watch`. */

/** Settings or environment by dotted key, values as one line of text. */
export type Entries = [key: string, value: string][];

export interface RunHead {
  name: string;
  settings: Entries;
  environment: Entries;
  /** Steps that the whole run will have; null when the configuration leaves it to the data. */
  totalSteps: number | null;
  /** As far as the run could tell: one that was killed still counts as running. */
  state: 'running' | 'finished' | 'stopped' | 'failed';
  /** What happened to the run, the newest last. */
  events: [time: string, what: string][];
}

/** Lines of `metrics.jsonl` by column; a name that a block lacks has no value in any of its lines. */
export interface MetricsBlock {
  count: number;
  columns: [name: string, values: (number | string | null)[]][];
}

/** What a list shows of lines of `samples.jsonl`, by column. */
export interface SampleBlock {
  count: number;
  step: number[];
  stage: number[];
  /** 1 for validation, 0 for training. */
  validation: number[];
  /** Instances that no block before had; `instance` numbers all, in the order in which they came. */
  newInstances: string[];
  instance: number[];
  reward: (number | null)[];
  advantage: (number | null)[];
  malformed: (string | null)[];
}

export interface RunUpdate {
  /** What was told before is void: the run went back to a checkpoint. */
  reset: boolean;
  /** Counts the resets at the server; goes with the number of a row. */
  generation: number;
  head: RunHead;
  metrics: MetricsBlock;
  samples: SampleBlock;
  /** Lines of `samples.jsonl`, of which a report may hold a part. */
  totalSamples: number;
  /** Lines that are no metrics or samples of ours and were left out. */
  unreadable: number;
  /** When the last step was recorded, as milliseconds since 1970; null before the first. */
  modified: number | null;
}

/** One completion in full. */
export interface SampleText {
  prompt: string;
  completion: string;
  thought: string | null;
  action: string | null;
  expert: string;
  /** Value of each reward. */
  rewards: [name: string, value: number | null][];
  /** Matching blocks of action and expert's step, `a, b, size` after each other, in code points. */
  blocks: number[];
}
