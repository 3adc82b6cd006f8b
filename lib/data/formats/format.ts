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

/** Reasons for a drop that several formats share. */
export const NO_PROBLEM = 'the problem is empty';
export const NO_SOLUTION = 'the solution is empty';
