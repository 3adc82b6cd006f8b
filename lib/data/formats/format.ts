import type { Instance, Trajectory } from '../instance.js';
import type { FormatName, ReadOptions } from '../options.js';
import type { Row } from '../row.js';

/** A trajectory whose id may still have to be made from file and row. */
export type ParsedTrajectory = Omit<Trajectory, 'id'> & { id?: string };

/** What a row holds: a trajectory, a ready instance, or nothing usable, with the reason. */
export type Outcome =
  | {
      trajectory: ParsedTrajectory;
      /** Parts left out, by reason. */
      leftOut?: Record<string, number>;
      /** Why the solution has no steps: it may still serve as a whole. */
      whyNoSteps?: string;
    }
  | { instance: Instance }
  | { drop: string };

/** One input format. */
export interface Format {
  name: FormatName;
  /** Whether a row is of this format; asked of the first few rows. */
  recognises(value: Record<string, unknown>): boolean;
  /** @throws UserError for a row that is not of this format or has a wrong type. */
  parse(row: Row, options: ReadOptions): Outcome;
}

/** Reasons for a drop that several formats share. */
export const NO_PROBLEM = 'the problem is empty';
export const NO_SOLUTION = 'the solution is empty';
