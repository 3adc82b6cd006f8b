import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Expr, symbolsOf } from './expr.js';
import { type MathJson, toMathJson } from './mathjson.js';

export interface SymbolicQuestion {
  id: number;
  a: MathJson;
  b: MathJson;
  /** No variables: compare with many digits instead of by rewriting. */
  constant: boolean;
}

export interface SymbolicReply {
  id: number;
  equal: boolean | null;
}

/** The symbolic stage of a comparison. */
export interface SymbolicEngine {
  /** True or false only when proved; null when the engine cannot tell, takes too long, or cannot read the question. */
  equal(a: Expr, b: Expr): Promise<boolean | null>;
}

/** Starting a worker loads the engine: that time is not the question's. */
const START_MS = 20_000;

/**
 * The Compute Engine in a worker thread, started at the first question and kept warm. A question that runs out of time
 * costs its worker: it is stopped and the next question starts another. Questions are answered one at a time.
 */
export class SymbolicWorker {
  private worker: Worker | null = null;
  private ready: Promise<void> = Promise.resolve();
  private queue: Promise<unknown> = Promise.resolve();
  private nextId = 0;

  /** An engine whose questions together may take so much time; waiting for other questions and starting do not count. */
  withBudget(milliseconds: number): SymbolicEngine {
    let left = milliseconds;
    return {
      equal: async (a, b) => {
        const question = this.question(a, b);
        if (question === null) return null;
        const answer = this.queue.then(async () => {
          if (left <= 0) return null;
          const { equal, spent } = await this.ask(question, left);
          left -= spent;
          return equal;
        });
        this.queue = answer;
        return answer;
      },
    };
  }

  private question(a: Expr, b: Expr): SymbolicQuestion | null {
    const names = [...new Set([...symbolsOf(a), ...symbolsOf(b)])];
    const rename = new Map(names.map((name, i) => [name, `v_${i + 1}`]));
    const [jsonA, jsonB] = [toMathJson(a, rename), toMathJson(b, rename)];
    if (jsonA === null || jsonB === null) return null;
    return { id: this.nextId++, a: jsonA, b: jsonB, constant: names.length === 0 };
  }

  /** Stop the worker; a later question would start another. */
  async close(): Promise<void> {
    const { worker } = this;
    this.worker = null;
    await worker?.terminate();
  }

  private async ask(question: SymbolicQuestion, timeoutMs: number): Promise<{ equal: boolean | null; spent: number }> {
    let started = performance.now();
    let equal: boolean | null = null;
    try {
      const worker = this.worker ?? this.start();
      await this.ready;
      started = performance.now();
      equal = (await withTimeout(nextReply(worker, question), timeoutMs)).equal;
      worker.unref();
    } catch {
      // Time ran out, or the engine failed on this question: the comparison goes on without it.
      await this.close();
    }
    return { equal, spent: performance.now() - started };
  }

  private start(): Worker {
    const worker = new Worker(workerSource(), {
      eval: true,
      resourceLimits: { maxOldGenerationSizeMb: 512 },
      stdout: true,
      stderr: true,
    });
    // A worker that dies between questions must not take the process with it.
    worker.on('error', () => {
      if (this.worker === worker) this.worker = null;
    });
    worker.on('exit', () => {
      if (this.worker === worker) this.worker = null;
    });
    this.worker = worker;
    this.ready = withTimeout(once(worker), START_MS).then(() => undefined);
    return worker;
  }
}

/** The script that imports the worker's module; beside TypeScript sources it registers tsx first, which `execArgv` cannot in a worker. */
function workerSource(): string {
  const isSource = import.meta.url.endsWith('.ts');
  const module = new URL(isSource ? './symbolic-worker.ts' : './symbolic-worker.js', import.meta.url).href;
  if (!isSource) return `import(${JSON.stringify(module)})`;
  const api = createRequire(import.meta.url)
    .resolve('tsx/esm/api')
    .replace(/\.cjs$/, '.mjs');
  return `import(${JSON.stringify(pathToFileURL(api).href)}).then((tsx) => { tsx.register(); return import(${JSON.stringify(module)}); })`;
}

function nextReply(worker: Worker, question: SymbolicQuestion): Promise<SymbolicReply> {
  worker.ref();
  const reply = once(worker) as Promise<SymbolicReply>;
  worker.postMessage(question);
  return reply;
}

/** The worker's next message; rejects when it fails or ends before. */
function once(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      worker.off('message', onMessage);
      worker.off('error', reject);
      worker.off('exit', onExit);
      finish();
    };
    const onMessage = (message: unknown) => settle(() => resolve(message));
    const onExit = () => settle(() => reject(new Error('the worker ended')));
    worker.on('message', onMessage);
    worker.on('error', reject);
    worker.on('exit', onExit);
  });
}

async function withTimeout<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('out of time')), milliseconds);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
