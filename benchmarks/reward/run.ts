/**
 * Times SequenceMatcher.ratio(): Foothold against CPython, the native Python peers and the npm ports, on the same pairs, in
 * turns, by processor time on one thread. A contender whose results differ from CPython's is not timed on that set.
 *
 *     npm install --prefix benchmarks/reward
 *     python3.11 -m venv build/peers && build/peers/bin/pip install -r benchmarks/reward/requirements.txt
 *     npx tsx benchmarks/reward/run.ts build/peers/bin/python [repetitions]
 *
 * Writes results.json and results.md beside this file and the plot docs/benchmarks-reward.svg.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contender, foothold, npmPorts, Python } from './contenders.js';
import { type PairSet, pairSets } from './pairs.js';
import { plot } from './plot.js';
import { table } from './table.js';

/** Pairs per second of one contender on one set; null where it lacks autojunk or its results are wrong. */
export interface Timing {
  contender: string;
  pairsPerSecond: number | null;
  /** Half the spread between the quartiles of the repetitions, relative to the median. */
  noise?: number;
  /** Share of pairs with another ratio than CPython's. */
  wrong?: number;
}

export interface SetResult {
  set: string;
  pairs: number;
  /** Mean of all texts, in code points. */
  meanLength: number;
  isLength: boolean;
  timings: Timing[];
}

const [, , python = 'python3', repetitions = '7'] = process.argv;

const peers = new Python(python);
const reference = peers.contender('CPython difflib', true);
const contenders: Contender[] = [
  reference,
  foothold,
  peers.contender('cdifflib', true),
  peers.contender('cydifflib', true),
  peers.contender('difflib-fast, batch', false),
  peers.contender('difflib-fast, one by one', false),
  ...npmPorts(),
];
// Those as slow as CPython are timed twice on long texts only, for patience.
const PATIENCE_SECONDS = 2;

async function compare(set: PairSet): Promise<SetResult> {
  const expected = (await reference.run(set)).ratios;
  const timings = new Map<Contender, number[]>();
  const failed: Timing[] = [];
  for (const contender of contenders) {
    if (set.autojunk && !contender.hasAutojunk) {
      failed.push({ contender: contender.name, pairsPerSecond: null });
      continue;
    }
    const { ratios } = await contender.run(set);
    const wrong = set.pairs.filter((_, i) => ratios[i] !== expected[i]).length / set.pairs.length;
    if (wrong > 0) failed.push({ contender: contender.name, pairsPerSecond: null, wrong });
    else timings.set(contender, []);
  }
  for (let round = 0; round < Number(repetitions); round++) {
    for (const [contender, seconds] of timings) {
      const spent = seconds.reduce((sum, one) => sum + one, 0);
      if (seconds.length < 2 || spent < PATIENCE_SECONDS) seconds.push((await contender.run(set)).seconds);
    }
  }
  return {
    set: set.name,
    pairs: set.pairs.length,
    meanLength: set.pairs.flat().reduce((sum, text) => sum + [...text].length, 0) / 2 / set.pairs.length,
    isLength: set.isLength,
    timings: [
      ...[...timings].map(([contender, seconds]) => summary(contender.name, seconds, set.pairs.length)),
      ...failed,
    ],
  };
}

function summary(contender: string, seconds: number[], pairs: number): Timing {
  const sorted = [...seconds].sort((x, y) => x - y);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  return { contender, pairsPerSecond: pairs / at(0.5), noise: (at(0.75) - at(0.25)) / 2 / at(0.5) };
}

const folder = mkdtempSync(join(tmpdir(), 'foothold-benchmark-'));
const results: SetResult[] = [];
let pythonVersion: unknown;
for (const set of pairSets()) {
  const file = join(folder, 'pairs.json');
  writeFileSync(file, JSON.stringify(set.pairs));
  pythonVersion = (await peers.ask({ load: file })).python;
  const result = await compare(set);
  results.push(result);
  console.log(table([result]));
}
peers.end();
rmSync(folder, { recursive: true });

const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}, Python ${pythonVersion}`;
const load = loadavg()[0]!.toFixed(1);
const here = import.meta.dirname;
writeFileSync(join(here, 'results.json'), `${JSON.stringify({ machine, load, results }, null, 2)}\n`);
writeFileSync(join(here, 'results.md'), `Machine: ${machine}; load at the end ${load}.\n\n${table(results)}\n`);
writeFileSync(join(here, '../../docs/benchmarks-reward.svg'), plot(results.filter(({ isLength }) => isLength)));
