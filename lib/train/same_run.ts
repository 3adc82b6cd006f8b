/** Going on with a run: the settings must be those it was begun with, or it would not be the same run. */
import type { RunConfig } from '../config/index.js';
import { UserError } from '../errors.js';

/** Settings that change how fast or how often, and no bit of what is learnt. */
const harmless = [
  'output',
  'gradientCheckpointing',
  'saveSteps',
  'saveTotalLimit',
  'maxBadSteps',
  'rewardTimeout',
  'logCompletions',
  'tensorboard',
];

/** A setting that differs: its key, and its values as JSON. */
export interface Change {
  key: string;
  before: string;
  after: string;
}

/** Settings that make it another run. @param stage the one that the run is in, from 0. */
export function changedSettings(begun: RunConfig, now: RunConfig, stage: number): Change[] {
  const before = settings(begun, stage);
  const after = settings(now, stage);
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((key) => ({ key, before: before.get(key) ?? 'not set', after: after.get(key) ?? 'not set' }))
    .filter(({ before, after }) => before !== after);
}

/** The same for people, one a line. */
export function changesText(changes: readonly Change[]): string {
  return changes.map(({ key, before, after }) => `  ${key}: ${before} then, ${after} now`).join('\n');
}

/** @throws UserError that names the settings that differ. */
export function refuseChanges(changes: readonly Change[], path: string): void {
  if (changes.length === 0) return;
  throw new UserError(
    `${path} was begun with other settings, so going on would be another run:\n${changesText(changes)}\n` +
      `Go on with its own (foothold train ${path} --resume), accept these (--override), or begin a new run in another output.`,
    'FOOTHOLD_RUN',
  );
}

/** Every setting that matters, by key path, as JSON. */
function settings(config: RunConfig, stage: number): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (value: unknown, path: string[]) => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        if (!harmless.includes(key) && !mayGrow(config, stage, path, key)) visit(inner, [...path, key]);
      }
    } else if (value !== undefined) {
      found.set(path.join('.'), JSON.stringify(value));
    }
  };
  visit(config, []);
  return found;
}

/**
 * A stage whose rate is constant may be made longer or shorter as long as it is not over: its steps so far stay the same.
 */
function mayGrow(config: RunConfig, current: number, path: readonly string[], key: string): boolean {
  const stage = path[0] === 'stages' && Number(path[1]) >= current ? config.stages[Number(path[1])] : undefined;
  if (!stage || !['maxSteps', 'numTrainEpochs', 'patience'].includes(key)) return false;
  return stage.lrSchedulerType === 'constant' && stage.warmupRatio === 0;
}
