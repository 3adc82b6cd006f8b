/** What the results of an evaluation depend on. */
import { UserError } from '../errors.js';

export type Settings = Record<string, string | number>;

/**
 * @param where the results are, and what to give instead
 * @throws UserError that names each setting that differs
 */
export function checkSettings(stored: Settings, now: Settings, where: string, instead: string): void {
  const names = new Set([...Object.keys(stored), ...Object.keys(now)]);
  const differences = [...names].filter((name) => stored[name] !== now[name]);
  if (differences.length === 0) return;
  const list = differences.map((name) => `${name} was ${stored[name] ?? 'not set'}, now ${now[name] ?? 'not set'}`);
  throw new UserError(
    `${where} holds results made with other settings: ${list.join('; ')}. Give these settings again, or another ${instead} ` +
      'with --out.',
  );
}
