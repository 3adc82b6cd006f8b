/** Rewards written by the user: a function given in code, or a module run in a thread of its own. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { UserError } from '../errors.js';
import type { RewardFunction, RewardInput, RewardTerm } from './term.js';
import type { Reply, Request } from './worker.js';

/** Calls under way at once, for rewards that wait for something. */
const maxConcurrentCalls = 32;
/** How long a thread that is not stuck may take to answer a ping, in milliseconds. */
const pingLimit = 500;

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

interface Call {
  input: RewardInput;
  timeout: number;
  timer?: NodeJS.Timeout;
  resolve(value: number): void;
  reject(error: Error): void;
}

/** One thread with the module loaded; it is ended and started again when a call blocks it. */
class RewardThread {
  private worker: Worker | undefined;
  private readonly calls = new Map<number, Call>();
  private readonly pings = new Map<number, () => void>();
  private nextId = 0;
  private restarting: Promise<void> | undefined;

  constructor(
    private readonly file: string,
    private readonly exportName: string,
  ) {}

  async start(): Promise<void> {
    const worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: { file: this.file, name: this.exportName },
      execArgv: loaderFor(this.file),
    });
    worker.unref();
    await new Promise<void>((loaded, failed) => {
      worker.on('error', failed);
      worker.on('message', (reply: Reply) => {
        if (reply.kind === 'loaded') loaded();
        else if (reply.kind === 'failedToLoad') failed(new Error(reply.message));
        else this.receive(reply);
      });
    }).catch(async (error: Error) => {
      await worker.terminate();
      throw new UserError(`Cannot load the reward ${this.file}: ${error.message}`, 'FOOTHOLD_REWARD');
    });
    worker.removeAllListeners('error');
    worker.on('error', (error) => void this.restart(`its thread failed: ${error.message}`));
    worker.on('exit', () => {
      if (this.worker === worker) void this.restart('it ended its thread');
    });
    this.worker = worker;
  }

  call(input: RewardInput, timeout: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      this.calls.set(id, { input, timeout, resolve, reject });
      if (!this.restarting) this.post({ id, input });
    });
  }

  async stop(): Promise<void> {
    const worker = this.worker;
    this.worker = undefined;
    await worker?.terminate();
  }

  private post(request: Request): void {
    this.worker?.postMessage(request);
  }

  private receive(reply: Exclude<Reply, { kind: 'loaded' | 'failedToLoad' }>): void {
    if (reply.kind === 'pong') {
      this.pings.get(reply.id)?.();
      return;
    }
    const call = this.calls.get(reply.id);
    if (!call) return; // given up before
    if (reply.kind === 'started') {
      call.timer = setTimeout(() => this.giveUp(reply.id), call.timeout * 1000);
    } else {
      this.settle(reply.id, reply.kind === 'value' ? (reply.value as number) : new Error(reply.message));
    }
  }

  private settle(id: number, result: number | Error): void {
    const call = this.calls.get(id);
    if (!call) return;
    clearTimeout(call.timer);
    this.calls.delete(id);
    if (result instanceof Error) call.reject(result);
    else call.resolve(result);
  }

  private giveUp(id: number): void {
    const { timeout } = this.calls.get(id)!;
    this.settle(id, new Error(`no value within ${timeout} s`));
    void this.restartIfStuck();
  }

  /** A thread that waits answers a ping at once; one that computes for ever does not. */
  private async restartIfStuck(): Promise<void> {
    if (this.restarting) return;
    const id = this.nextId++;
    const alive = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), pingLimit);
      this.pings.set(id, () => {
        clearTimeout(timer);
        resolve(true);
      });
      this.post({ id });
    });
    this.pings.delete(id);
    if (!alive) await this.restart(undefined);
  }

  /**
   * End the thread and start anew. Calls under way are sent again, or, where the thread ended by itself, those that had
   * started are given up: one of them is to blame.
   */
  private async restart(blame: string | undefined): Promise<void> {
    if (this.restarting) return;
    if (blame) {
      for (const [id, call] of this.calls) if (call.timer) this.settle(id, new Error(blame));
    }
    this.restarting = this.stop().then(() => this.start());
    try {
      await this.restarting;
      this.restarting = undefined;
      for (const [id, call] of this.calls) {
        clearTimeout(call.timer);
        delete call.timer;
        this.post({ id, input: call.input });
      }
    } catch (error) {
      for (const id of this.calls.keys()) this.settle(id, error as Error);
    }
  }
}

/** Node options that let a thread import `file`, and this package's own worker when that is TypeScript. */
function loaderFor(file: string): string[] {
  const typescript = /\.[mc]?ts$/;
  const ours = typescript.test(import.meta.url);
  if (!ours && (!typescript.test(file) || 'typescript' in process.features)) return [];
  for (const from of ours ? [import.meta.url] : [file, resolve('package.json')]) {
    try {
      return ['--import', pathToFileURL(createRequire(from).resolve('tsx')).href];
    } catch {
      // not installed there
    }
  }
  throw new UserError(
    `Cannot load the reward ${file}: Node ${process.versions.node} imports TypeScript only with tsx. ` +
      'Install it beside your reward (npm install tsx), use Node 22.18 or later, or compile the reward to .js.',
    'FOOTHOLD_REWARD',
  );
}
