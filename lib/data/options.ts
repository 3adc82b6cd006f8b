/** Names of the input formats that Foothold recognises; `docs/data.md` describes each. */
export const FORMATS = ['numbered', 'gsm8k', 'swe', 'steps', 'instances'] as const;
export type FormatName = (typeof FORMATS)[number];

/** Our names that a column of format `instances` can be mapped to. */
export const MAPPABLE = [
  'id',
  'trajectoryId',
  'step',
  'numSteps',
  'problem',
  'prompt',
  'context',
  'hint',
  'target',
  'thought',
  'answer',
];

/** Which of the N steps of a trajectory is never asked for. */
export const DROP_STEPS = ['last', 'first', 'none'] as const;
export type DropStep = (typeof DROP_STEPS)[number];

/** How trajectories become instances. */
export interface InstanceOptions {
  /** `last` (default): steps 1 … N−1 are targets; `first`: 2 … N; `none`: all. */
  dropStep?: DropStep;
  /** `target` (default): the model writes a step's title itself; `context`: the title is given to it as a hint. */
  title?: 'target' | 'context';
  /** `step` (default): an instance a step; `whole`: one instance a trajectory, whose target is the whole solution. */
  unit?: 'step' | 'whole';
  /** Action–observation pairs shown of an agent trajectory. Default 2. */
  contextPairs?: number;
}

/** How a file is read. */
export interface ReadOptions {
  /** Left out, the format is recognised from the first rows. */
  format?: FormatName;
  /** Format `instances`: our field name → the file's column, such as `{ prompt: 'input_prompt', target: 'expert_action' }`. */
  map?: Record<string, string>;
  /** Path of a module whose default export is a `Splitter`; it takes the place of a format. */
  splitter?: string;
  /** Format `gsm8k`: keep the calculator marks `<<48/2=24>>`. Default false. */
  keepCalculatorMarks?: boolean;
  /** Format `numbered`: the column that holds the step-structured text. Default: the first known name that the row has. */
  solutionField?: string;
  /** Format `swe`: leave out trajectories that are not marked as resolved. */
  resolvedOnly?: boolean;
  /** Format `swe`: longest observation kept whole, in characters. Default 2,000. */
  maxObservationChars?: number;
}

/** The part of the problems that is held out, chosen by `seed`; at most one of `fraction` and `count`. */
export interface SplitOptions {
  /** Share of the problems held out, 0 to 1. */
  fraction?: number;
  /** Number of problems held out. */
  count?: number;
  /** Default 0. */
  seed?: number;
}

export interface DataOptions extends ReadOptions, InstanceOptions {
  validation?: SplitOptions;
}

/** Defaults of what makes instances of trajectories. */
export const TRAJECTORY_DEFAULTS = {
  dropStep: 'last',
  title: 'target',
  contextPairs: 2,
  solutionField: undefined,
  keepCalculatorMarks: false,
  resolvedOnly: false,
  maxObservationChars: 2000,
} as const;
