/**
 * Foothold against its peers on the same random model, taking turns in fresh processes:
 *
 *     python3 -m venv build/trl && build/trl/bin/pip install -r benchmarks/peers/requirements.txt
 *     npm install --prefix benchmarks/peers
 *     npx tsx benchmarks/peers/run.ts steps --python build/trl/bin/python     # whole GRPO steps, against TRL
 *     npx tsx benchmarks/peers/run.ts sampling                                # sampling, against node-llama-cpp
 *     npx tsx benchmarks/peers/run.ts alone --shape 0.5b --memory 16          # a step's time and memory, Foothold alone
 *
 * All use float32, two threads, the same weights (a greedy completion is compared first), prompts and token counts. Each round
 * runs every contender once: a repetition that warms up and some that count. The table goes to standard output and, with
 * --document, into docs/benchmarks.md; --prefix "taskset -c 0,1" and the like come before each contender's command.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { raggedRow } from '../../bindings/ragged.js';
import { torchInfo } from '../../bindings/torch.js';
import { benchMachine } from '../../lib/bench/machine.js';
import { shapeNames, shapes } from '../../lib/bench/shapes.js';
import { machineText } from '../../lib/bench/text.js';
import { benchPrompts } from '../../lib/bench/work.js';
import { document } from '../document.js';
import { markdown } from '../table.js';
import { type SameModel, writeModel } from './same_model.js';
import {
  contend,
  footholdCommand,
  gib,
  llamaCommand,
  peak,
  seconds,
  type Timing,
  trlCommand,
  withRange,
} from './timing.js';
import { type PeerWork, works } from './works.js';

const kinds = ['steps', 'sampling', 'alone'] as const;
const options = await yargs(hideBin(process.argv))
  .command('$0 <kind>', 'compare', (command) => command.positional('kind', { choices: kinds, demandOption: true }))
  .option('python', { type: 'string', default: 'python3', describe: 'a Python with requirements.txt installed' })
  .option('shape', { choices: shapeNames, default: 'small' as const })
  .option('rounds', { type: 'number', default: 3 })
  .option('repetitions', { type: 'number', default: 2, describe: 'that count, in each round' })
  .option('work', { type: 'string', array: true, default: Object.keys(works), describe: 'names of works.ts' })
  .option('prefix', { type: 'string', default: '' })
  .option('memory', { type: 'number', describe: 'GiB that Foothold may take; its machine has all if left out' })
  .option('document', { type: 'boolean', default: false })
  .strict()
  .parse();
const kind = options.kind as (typeof kinds)[number];
const { shape, prefix } = options;
const threads = 2;

/** Timings of Foothold and of its peer, if there is one, in turns. */
async function compare(work: PeerWork, same: SameModel): Promise<[ours: Timing[], theirs: Timing[]]> {
  const memory = options.memory && { memory: options.memory * 2 ** 30 };
  const job = { ...work, ...memory, threads, repetitions: options.repetitions };
  const [ours, theirs]: [Timing[], Timing[]] = [[], []];
  for (let round = 0; round < options.rounds; round++) {
    const mine = await contend(prefix, footholdCommand, { ...job, shape, samplingOnly: kind === 'sampling' });
    ours.push(...mine.slice(1));
    if (kind === 'alone') continue;
    const lengths = mine.map((timing) => timing.lengths);
    const its = await (kind === 'steps'
      ? contend(prefix, trlCommand(options.python), { ...job, ...same, ...(work.meanLength && { lengths }) })
      : contend(prefix, llamaCommand, { ...job, ...same, tokens: promptsOf(work) }));
    if (work.meanLength && its.some((timing, i) => timing.lengths.join() !== lengths[i]!.join())) {
      throw new Error('the peer did not sample the lengths that Foothold did');
    }
    theirs.push(...its.slice(1));
  }
  return [ours, theirs];
}

function promptsOf(work: PeerWork): number[][] {
  const prompts = benchPrompts(work, shapes[shape].vocabSize);
  return Array.from({ length: work.prompts }, (_, i) => [...raggedRow(prompts, i)]);
}

function row(name: string, ours: Timing[], theirs: Timing[]): string[] {
  const tokens = ours[0]!.lengths.reduce((sum, length) => sum + length, 0);
  const sampling = seconds(ours, 'sampling').median;
  const parts = `${sampling.toFixed(2)} + ${(seconds(ours).median - sampling).toFixed(2)}`;
  if (kind === 'alone') return [name, withRange(ours), parts, gib(peak(ours))];
  const faster = `**${(seconds(theirs).median / seconds(ours).median).toFixed(2)}×**`;
  const memory = `${gib(peak(ours))} / ${gib(peak(theirs))}`;
  if (kind === 'steps') return [name, withRange(ours), parts, withRange(theirs), faster, memory];
  const rate = (timings: Timing[]) => Math.round(tokens / seconds(timings).median).toLocaleString('en');
  return [name, withRange(ours), rate(ours), withRange(theirs), rate(theirs), faster, memory];
}

const heads = {
  steps: ['work', 'Foothold, s', 'sampling + update', 'TRL, s', 'faster', 'peak memory, GiB'],
  sampling: ['work', 'Foothold, s', 'tokens/s', 'node-llama-cpp, s', 'tokens/s', 'faster', 'peak memory, GiB'],
  alone: ['work', 'Foothold, s', 'sampling + update', 'peak memory, GiB'],
};

const folder = mkdtempSync(join(tmpdir(), 'foothold-peers-'));
try {
  const same = await writeModel(shapes[shape], folder);
  const rows: string[][] = [];
  for (const name of options.work) {
    const work = works[name];
    if (!work) throw new Error(`there is no work ${name}; there are ${Object.keys(works).join(', ')}`);
    if (kind === 'sampling' && work.meanLength) continue; // node-llama-cpp has no end-of-sequence set of that size
    rows.push(row(name, ...(await compare(work, same))));
    console.error(rows.at(-1)!.join(' | '));
  }
  const { version } = torchInfo();
  const machine = machineText(benchMachine({ version, threads }));
  const rounds = `${options.rounds} rounds of ${options.repetitions} timed repetitions`;
  const table = `Shape \`${shape}\`, float32, ${rounds}; ${machine}.\n\n${markdown(heads[kind], rows)}`;
  console.log(table);
  if (options.document) document(`${kind}-${shape}`, table);
} finally {
  rmSync(folder, { recursive: true });
}
