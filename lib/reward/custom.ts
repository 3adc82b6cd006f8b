/** Rewards written by the user: a function given in code, or a module run in a thread of its own. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../errors.js';
import type { RewardFunction, RewardInput, RewardTerm } from './term.js';
import { RewardThread } from './thread.js';

/** Calls under way at once, for rewards that wait for something. */
const maxConcurrentCalls = 32;
/** Told what went wrong in each call that gave no value. */
export type OnFailure = (message: string) => void;

export interface CustomOptions {
  weight: number;
  /** Seconds that one call may take. */
  timeout: number;
  onFailure: OnFailure;
}

/**
 * A function of the calling program. It runs on the main thread: one that waits for too long is given up, but one that
 * computes for ever cannot be stopped; a module (`moduleReward`) can.
 */
export function functionReward(
  name: string,
  reward: RewardFunction,
  { weight, timeout, onFailure }: CustomOptions,
): RewardTerm {
  const call = async (input: RewardInput): Promise<number> => {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no value within ${timeout} s`)), timeout * 1000);
    });
    try {
      return checked(await Promise.race([reward(input), limit]));
    } catch (error) {
      onFailure(`reward ${name}: ${(error as Error).message}`);
      return Number.NaN;
    } finally {
      clearTimeout(timer);
    }
  };
  return { name, weight, score: async (inputs) => Float64Array.from(await mapLimited(inputs, call)) };
}

/**
 * A module named `file.js` or `file.ts#export` (default: its default export).
 * @throws UserError when it cannot be imported.
 */
export async function moduleReward(specifier: string, options: CustomOptions): Promise<RewardTerm> {
  const [path, exportName = 'default'] = specifier.split('#') as [string, string?];
  const file = resolve(path);
  if (!existsSync(file)) {
    throw new UserError(
      `Reward ${specifier}: there is no built-in reward of that name and no file ${file}`,
      'FOOTHOLD_REWARD',
    );
  }
  const thread = new RewardThread(file, exportName);
  await thread.start();
  const call = async (input: RewardInput): Promise<number> => {
    try {
      return checked(await thread.call(input, options.timeout));
    } catch (error) {
      options.onFailure(`reward ${specifier}: ${(error as Error).message}`);
      return Number.NaN;
    }
  };
  return {
    name: specifier,
    weight: options.weight,
    score: async (inputs) => Float64Array.from(await mapLimited(inputs, call)),
    dispose: () => thread.stop(),
  };
}

function checked(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new Error(`gave ${String(value)}, not a finite number`);
}

/** `Promise.all` over calls of which at most `maxConcurrentCalls` run at once. */
async function mapLimited<T>(items: readonly T[], call: (item: T) => Promise<number>): Promise<number[]> {
  const results: number[] = new Array(items.length);
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await call(items[i]!);
  };
  await Promise.all(Array.from({ length: Math.min(maxConcurrentCalls, items.length) }, lane));
  return results;
}
