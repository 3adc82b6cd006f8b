/**
 * Which problems are held out for validation. All trajectories of a problem land on the same side, so that no
 * validation problem is seen in training; and a problem's side depends on seed and problem, not on its place in the file.
 */
import { createHash } from 'node:crypto';
import { UserError } from '../errors.js';
import type { Instance } from './instance.js';
import type { SplitOptions } from './options.js';

/** What tells a problem from others. */
type OfProblem = Pick<Instance, 'problem' | 'prompt'>;

/** Rank of a problem, by which the held-out ones are chosen: a hash of seed and text. A ready prompt may be all there is. */
export function problemRank({ problem, prompt }: OfProblem, { seed = 0 }: SplitOptions = {}): string {
  const text = problem === '' && prompt !== undefined ? JSON.stringify(prompt) : problem;
  return createHash('sha256').update(`${seed}\n${text}`).digest('hex');
}

/**
 * The ranks to hold out: the smallest ones, as many as `fraction` (at least one) or `count` says; none when neither is
 * given.
 *
 * @param ranks one per trajectory; equal ranks are the same problem and count once
 * @throws UserError when the options contradict each other or leave nothing to train on
 */
export function heldOut(ranks: Iterable<string>, options: SplitOptions | undefined): Set<string> {
  if (options?.fraction === undefined && options?.count === undefined) return new Set();
  const unique = [...new Set(ranks)].sort();
  return new Set(unique.slice(0, heldOutCount(unique.length, options)));
}

/** Part items (trajectories or instances) by their problem into training and validation. */
export function splitByTrajectory<T extends OfProblem>(
  items: readonly T[],
  options: SplitOptions | undefined,
): { train: T[]; validation: T[] } {
  const ranks = items.map((item) => problemRank(item, options));
  const held = heldOut(ranks, options);
  return {
    train: items.filter((_, i) => !held.has(ranks[i]!)),
    validation: items.filter((_, i) => held.has(ranks[i]!)),
  };
}

function heldOutCount(total: number, { fraction, count }: SplitOptions): number {
  if (fraction !== undefined && count !== undefined) {
    throw new UserError('Give the size of the validation set as a fraction or as a count, not both.');
  }
  if (fraction !== undefined && !(fraction >= 0 && fraction < 1)) {
    throw new UserError(
      `The fraction held out for validation must be at least 0 and less than 1, but it is ${fraction}.`,
    );
  }
  if (count !== undefined && !(Number.isInteger(count) && count >= 0)) {
    throw new UserError(`The number of problems held out must be a whole number from 0, but it is ${count}.`);
  }
  const held = count ?? (fraction === 0 ? 0 : Math.max(1, Math.round(fraction! * total)));
  if (total > 0 && held >= total) {
    throw new UserError(
      `${held} of ${total} problems held out for validation would leave none to train on (a fraction holds out one at least).`,
    );
  }
  return held;
}
