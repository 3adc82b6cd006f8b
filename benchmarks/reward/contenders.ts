/** The implementations compared: each runs a set of pairs once and says how long that took. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ratios } from '../../lib/difflib/index.js';
import type { PairSet } from './pairs.js';

export interface Outcome {
  seconds: number;
  ratios: ArrayLike<number>;
}

export interface Contender {
  name: string;
  hasAutojunk: boolean;
  run(set: PairSet): Promise<Outcome>;
}

/** Processor time that this process has used, in seconds: what others do on the machine hardly shows in it. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const wallSeconds = () => performance.now() / 1000;

/**
 * Foothold through its JavaScript batch call. Short work is repeated, so that the clock can tell it. One thread is timed as
 * the others are, by processor time; several by the wall clock, so that their figure holds on an idle machine only.
 */
export function ours(threads: number): Contender {
  const seconds = threads === 1 ? processorSeconds : wallSeconds;
  return {
    name: threads === 1 ? 'Foothold' : `Foothold, ${threads} threads, wall clock`,
    hasAutojunk: true,
    async run({ pairs, autojunk }) {
      const actions = pairs.map(([a]) => a);
      const experts = pairs.map(([, b]) => b);
      const least = 0.05;
      const begin = seconds();
      let calls = 0;
      let found = new Float64Array();
      do {
        found = ratios(actions, experts, { autojunk, threads }) as Float64Array<ArrayBuffer>;
        calls++;
      } while (seconds() - begin < least);
      return { seconds: (seconds() - begin) / calls, ratios: found };
    },
  };
}

interface NpmMatcher {
  ratio(): number;
}

/** The npm ports, which have no batch form: one matcher a pair. */
export function npmPorts(): Contender[] {
  const require = createRequire(join(import.meta.dirname, 'package.json'));
  return ['difflib', '@ewoudenberg/difflib', 'difflib-ts'].map((name) => {
    const { SequenceMatcher } = require(name) as {
      SequenceMatcher: new (isJunk: null, a: string, b: string, autojunk: boolean) => NpmMatcher;
    };
    return {
      name: `npm ${name}`,
      hasAutojunk: true,
      async run({ pairs, autojunk }) {
        const begin = processorSeconds();
        const found = pairs.map(([a, b]) => new SequenceMatcher(null, a, b, autojunk).ratio());
        return { seconds: processorSeconds() - begin, ratios: found };
      },
    };
  });
}

/** A Python process with CPython's difflib and the native peers of requirements.txt. */
export class Python {
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly answers: AsyncIterator<string>;

  constructor(executable: string) {
    this.process = spawn(executable, [join(import.meta.dirname, 'peers.py')]);
    this.process.stderr.pipe(process.stderr);
    this.answers = createInterface(this.process.stdout)[Symbol.asyncIterator]();
  }

  async ask(request: object): Promise<Record<string, unknown>> {
    this.process.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error('the Python process ended: is requirements.txt installed for it?');
    return JSON.parse(value);
  }

  contender(name: string, hasAutojunk: boolean): Contender {
    return {
      name,
      hasAutojunk,
      run: async ({ pairs, autojunk, grouped }) =>
        (await this.ask({ run: name, autojunk, grouped, count: pairs.length })) as unknown as Outcome,
    };
  }

  end(): void {
    this.process.stdin.end();
  }
}
