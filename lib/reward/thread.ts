/** A thread that runs a custom reward and is ended when a call blocks it. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { UserError } from '../errors.js';
import { tsxBeside } from '../import_module.js';
import type { RewardInput } from './term.js';
import type { Reply, Request } from './worker.js';

/** How long a thread that is not stuck may take to answer a ping, in milliseconds. */
const pingLimit = 500;
/** How long a module may take to load, in milliseconds: it may read much, but one that never ends must not hold the run. */
const loadLimit = 120_000;

/** Timers hold no more than 2³¹ − 1 milliseconds, some 25 days. */
export const milliseconds = (seconds: number) => Math.min(seconds * 1000, 2 ** 31 - 1);

interface Call {
  input: RewardInput;
  timeout: number;
  timer?: NodeJS.Timeout;
  started?: boolean;
  resolve(value: number): void;
  reject(error: Error): void;
}

/** One thread with the module loaded; it is ended and started again when a call blocks it. */
export class RewardThread {
  private worker: Worker | undefined;
  private readonly calls = new Map<number, Call>();
  private readonly pings = new Map<number, () => void>();
  private nextId = 0;
  private restarting: Promise<void> | undefined;
  /** Why there will be no more values: the thread was let go, or could not be started again. */
  private ended: Error | undefined;

  constructor(
    private readonly file: string,
    private readonly exportName: string,
  ) {}

  async start(): Promise<void> {
    const worker = new Worker(threadEntry(), { workerData: { file: this.file, name: this.exportName } });
    await this.loaded(worker).catch(async (error: Error) => {
      await worker.terminate();
      throw new UserError(`Cannot load the reward ${this.file}: ${error.message}`, 'FOOTHOLD_REWARD');
    });
    worker.unref(); // not before: while it loads, the process may have nothing else to wait for
    worker.on('error', (error) => void this.restart(`its thread failed: ${error.message}`));
    worker.on('exit', () => {
      if (this.worker === worker) void this.restart('it ended its thread');
    });
    this.worker = worker;
  }

  private async loaded(worker: Worker): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((loaded, failed) => {
      timer = setTimeout(() => failed(new Error(`it is not loaded within ${loadLimit / 1000} s`)), loadLimit);
      worker.on('error', failed);
      worker.on('exit', (code) => failed(new Error(`it ended its thread while it was loaded (exit code ${code})`)));
      worker.on('message', (reply: Reply) => {
        if (reply.kind === 'loaded') loaded();
        else if (reply.kind === 'failedToLoad') failed(new Error(reply.message));
        else this.receive(reply);
      });
    }).finally(() => clearTimeout(timer));
    worker.removeAllListeners('error').removeAllListeners('exit');
  }

  call(input: RewardInput, timeout: number): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.ended) return reject(this.ended);
      const id = this.nextId++;
      const call: Call = { input, timeout, resolve, reject };
      this.calls.set(id, call);
      if (!this.restarting) this.send(id, call);
    });
  }

  /** End the thread for good; calls under way are given up. */
  async stop(): Promise<void> {
    this.giveUpAll(new Error('the reward was let go'));
    await this.restarting?.catch(() => {}); // already told of
    await this.end();
  }

  private giveUpAll(error: Error): void {
    this.ended = error;
    for (const id of [...this.calls.keys()]) this.settle(id, error);
  }

  private async end(): Promise<void> {
    const worker = this.worker;
    this.worker = undefined;
    await worker?.terminate();
  }

  private post(request: Request): void {
    this.worker?.postMessage(request);
  }

  /** Send a call. Until it begins it is looked after, and from then on timed. */
  private send(id: number, call: Call): void {
    this.worker?.ref(); // the process may have nothing else to wait for
    this.waitFor(id, call);
    this.post({ id, input: call.input });
  }

  private waitFor(id: number, call: Call): void {
    clearTimeout(call.timer);
    call.timer = setTimeout(() => void this.lookAfter(id, call), milliseconds(call.timeout));
  }

  private receive(reply: Exclude<Reply, { kind: 'loaded' | 'failedToLoad' }>): void {
    if (reply.kind === 'pong') {
      this.pings.get(reply.id)?.();
      return;
    }
    const call = this.calls.get(reply.id);
    if (!call) return; // given up before
    if (reply.kind === 'started') {
      clearTimeout(call.timer);
      call.started = true;
      call.timer = setTimeout(() => this.giveUp(reply.id), milliseconds(call.timeout));
    } else {
      this.settle(reply.id, reply.kind === 'value' ? (reply.value as number) : new Error(reply.message));
    }
  }

  private settle(id: number, result: number | Error): void {
    const call = this.calls.get(id);
    if (!call) return;
    clearTimeout(call.timer);
    this.calls.delete(id);
    if (this.calls.size === 0) this.worker?.unref();
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
    if (this.restarting || this.ended) return;
    const { worker } = this;
    if (!(await this.answersPing()) && this.worker === worker) await this.restart(undefined);
  }

  private async answersPing(): Promise<boolean> {
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
    return alive;
  }

  /**
   * A call has not begun within its limit. It has more time where another one is at it, which has a limit of its own, and
   * where the thread is only slow; what goes on in it after a call was given up may block it for ever.
   */
  private async lookAfter(id: number, call: Call): Promise<void> {
    const busy = () => [...this.calls.values()].some(({ started }) => started);
    if (this.restarting || this.ended) return;
    const { worker } = this;
    const blocked = !busy() && !(await this.answersPing()) && !busy();
    if (this.worker !== worker) return; // started anew meanwhile, and the call sent again
    if (blocked) return this.restart(undefined);
    if (this.calls.has(id) && !call.started) this.waitFor(id, call);
  }

  /**
   * End the thread and start anew. Calls under way are sent again, or, where the thread ended by itself, those that had
   * started are given up: one of them is to blame.
   */
  private async restart(blame: string | undefined): Promise<void> {
    if (this.restarting || this.ended) return;
    if (blame) {
      for (const [id, call] of this.calls) if (call.started) this.settle(id, new Error(blame));
    }
    this.restarting = this.end().then(() => this.start());
    try {
      await this.restarting;
      this.restarting = undefined;
      for (const [id, call] of this.calls) {
        call.started = false;
        this.send(id, call);
      }
    } catch (error) {
      this.giveUpAll(error as Error);
    }
  }
}

/** What the thread begins with: our worker; where this package runs from its TypeScript source, tsx first. */
function threadEntry(): URL {
  const worker = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
  if (worker.pathname.endsWith('.js')) return worker;
  const tsx = tsxBeside(fileURLToPath(worker));
  const script = `import { register } from ${JSON.stringify(tsx)}; register(); await import(${JSON.stringify(worker.href)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(script)}`);
}
