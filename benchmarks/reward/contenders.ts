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
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Foothold through its JavaScript batch call, on one thread. Short work is repeated, so that the clock can tell it. */
export const foothold: Contender = {
  name: 'Foothold',
  hasAutojunk: true,
  async run({ pairs, autojunk }) {
    const actions = pairs.map(([a]) => a);
    const experts = pairs.map(([, b]) => b);
    const least = 0.05;
    const begin = processorSeconds();
    let calls = 0;
    let found: ArrayLike<number> = [];
    do {
      found = ratios(actions, experts, { autojunk, threads: 1 });
      calls++;
    } while (processorSeconds() - begin < least);
    return { seconds: (processorSeconds() - begin) / calls, ratios: found };
  },
};

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
