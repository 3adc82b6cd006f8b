/** Rewards written by the user: a function given in code, or a module run in a thread of its own. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../errors.js';
import { type RewardFunction, type RewardInput, type RewardTerm, words } from './term.js';
import { milliseconds, RewardThread } from './thread.js';

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
export function functionReward(name: string, reward: RewardFunction, options: CustomOptions): RewardTerm {
  return customReward(name, options, async (input, aborted) =>
    within(options.timeout, Promise.race([reward(input), aborted])),
  );
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
  const term = customReward(specifier, options, (input, aborted) =>
    Promise.race([thread.call(input, options.timeout), aborted]),
  );
  return { ...term, dispose: () => thread.stop() };
}

/** A reward that makes one call a completion; a call that fails is told of and gives NaN. */
function customReward(
  name: string,
  { weight, onFailure }: CustomOptions,
  call: (input: RewardInput, aborted: Promise<never>) => Promise<unknown>,
): RewardTerm {
  const lanes = new Lanes(maxConcurrentCalls);
  const score = async (inputs: readonly RewardInput[], signal?: AbortSignal): Promise<Float64Array> => {
    signal?.throwIfAborted();
    const { aborted, forget } = abortOf(signal);
    const value = async (input: RewardInput): Promise<number> => {
      signal?.throwIfAborted();
      try {
        return checked(await call(input, aborted));
      } catch (error) {
        signal?.throwIfAborted();
        onFailure(`reward ${name}: ${words(error)}`);
        return Number.NaN;
      }
    };
    try {
      return Float64Array.from(await Promise.all(inputs.map((input) => lanes.run(() => value(input)))));
    } finally {
      forget();
    }
  };
  return { name, weight, score };
}

function checked(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new Error(`gave ${String(value)}, not a finite number`);
}

/** Runs calls in the order in which they come, at most `free` of them at once. */
class Lanes {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((go) => this.waiting.push(go));
    try {
      return await call();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}

/** A promise that rejects with the signal's reason when that is aborted. */
function abortOf(signal: AbortSignal | undefined): { aborted: Promise<never>; forget: () => void } {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
  });
  aborted.catch(() => {}); // looked at by the calls under way, if there are any
  return { aborted, forget: () => signal?.removeEventListener('abort', abort) };
}

/** The value, unless the seconds are over before it is there. */
async function within<T>(seconds: number, value: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no value within ${seconds} s`)), milliseconds(seconds));
  });
  try {
    return await Promise.race([value, limit]);
  } finally {
    clearTimeout(timer);
  }
}
