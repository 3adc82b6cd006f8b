/** Going on with a run: the settings must be those it was begun with, or it would not be the same run. */
import type { RunConfig } from '../config/index.js';
import { UserError } from '../errors.js';

/** Settings that change how fast or how often, never what is learnt. */
const harmless = [
  'output',
  'device',
  'maxTokensPerMicroBatch',
  'gradientCheckpointing',
  'maxBatchedTokens',
  'saveSteps',
  'saveTotalLimit',
  'rewardTimeout',
  'logCompletions',
];

/** @throws UserError that names the settings that differ. */
export function requireSameSettings(begun: RunConfig, now: RunConfig, path: string): void {
  const before = settings(begun);
  const after = settings(now);
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key));
  if (changed.length === 0) return;
  const list = changed.map((key) => `${key}: ${before.get(key) ?? 'not set'} then, ${after.get(key) ?? 'not set'} now`);
  throw new UserError(
    `${path} was begun with other settings, so going on would be another run:\n  ${list.join('\n  ')}\n` +
      `Go on with its own (foothold train ${path} --resume), or begin a new run in another output.`,
    'FOOTHOLD_RUN',
  );
}

/** Every setting that matters, by key path, as JSON. */
function settings(config: RunConfig): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (value: unknown, path: string[]) => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        if (!harmless.includes(key) && !mayGrow(config, path, key)) visit(inner, [...path, key]);
      }
    } else if (value !== undefined) {
      found.set(path.join('.'), JSON.stringify(value));
    }
  };
  visit(config, []);
  return found;
}

/** A stage whose rate is constant may be made longer or shorter: its steps so far stay the same. */
function mayGrow(config: RunConfig, path: readonly string[], key: string): boolean {
  const stage = path[0] === 'stages' ? config.stages[Number(path[1])] : undefined;
  if (!stage || !['maxSteps', 'numTrainEpochs', 'patience'].includes(key)) return false;
  return stage.lrSchedulerType === 'constant' && stage.warmupRatio === 0;
}
