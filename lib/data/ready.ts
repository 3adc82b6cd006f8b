/** Ready instances, which somebody prepared: what can no longer be asked of them. */
import { UserError } from '../errors.js';
import type { Instance } from './instance.js';
import type { DataOptions } from './options.js';

/** Options that make instances of trajectories, with the values that ask for nothing. */
const OF_TRAJECTORIES = {
  dropStep: 'last',
  title: 'target',
  contextPairs: 2,
  solutionField: undefined,
  keepCalculatorMarks: false,
  resolvedOnly: false,
  maxObservationChars: 2000,
} as const;

export interface ReadyOptions {
  /** Options that make instances of trajectories are meant for another file. */
  acceptPrepared?: boolean;
}

/** @throws UserError when options ask for another preparation than a ready instance had */
export function checkReady(input: string, { numSteps }: Instance, options: DataOptions & ReadyOptions): void {
  if (options.unit === 'whole' && numSteps > 1) {
    throw new UserError(
      `${input} holds instances of single steps, but whole solutions are asked for. Give the data that it was prepared ` +
        'from, or prepare it with --unit whole.',
    );
  }
  if (options.acceptPrepared) return;
  const names = Object.keys(OF_TRAJECTORIES) as (keyof typeof OF_TRAJECTORIES)[];
  const late = names.filter((name) => options[name] !== undefined && options[name] !== OF_TRAJECTORIES[name]);
  if (late.length === 0) return;
  throw new UserError(
    `${input} holds ready instances, on which ${late.join(', ')} would have no effect. Leave that out, or give the data ` +
      'that it was prepared from.',
  );
}
