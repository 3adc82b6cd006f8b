/** Ready instances, which somebody prepared: what can no longer be asked of them. */
import { UserError } from '../errors.js';
import type { Instance } from './instance.js';
import { type DataOptions, TRAJECTORY_DEFAULTS } from './options.js';

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
  const names = Object.keys(TRAJECTORY_DEFAULTS) as (keyof typeof TRAJECTORY_DEFAULTS)[];
  const late = names.filter((name) => options[name] !== undefined && options[name] !== TRAJECTORY_DEFAULTS[name]);
  if (late.length === 0) return;
  throw new UserError(
    `${input} holds ready instances, on which ${late.join(', ')} would have no effect. Leave that out, or give the data ` +
      'that it was prepared from.',
  );
}
