/**
 * Foothold against TRL on the same GRPO step, alternating, in one run:
 *
 *     python3 -m venv /somewhere && /somewhere/bin/pip install -r benchmarks/peers/requirements.txt
 *     npx tsx benchmarks/peers/run.ts --python /somewhere/bin/python [--shape small] [--rounds 3] [--json FILE]
 *
 * Every round starts a fresh process of each contender, which warms up with one step and then times two. Both use float32,
 * two threads, the same shapes and token counts, and difflib's ratio as the reward.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { shapes, works } from './shapes.js';

interface Timing {
  seconds: number;
  sampling?: number;
  update?: number;
  peakBytes: number;
}

const options = await yargs(hideBin(process.argv))
  .option('python', { type: 'string', demandOption: true, describe: 'a Python with requirements.txt installed' })
  .option('shape', { choices: Object.keys(shapes), default: 'small' })
  .option('rounds', { type: 'number', default: 3 })
  .option('json', { type: 'string', describe: 'file for the raw timings' })
  .strict()
  .parse();
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

async function contend(command: string, args: string[], job: object): Promise<Timing[]> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(JSON.stringify(job));
  const [out, errors, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.on('close', resolve)),
  ]);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${errors.slice(-2000)}`);
  const lines = out.split('\n').filter((line) => line.startsWith('{"'));
  return lines.map((line) => JSON.parse(line) as Timing);
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const spread = (values: number[]) => `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`;

const raw: Record<string, { foothold: Timing[]; trl: Timing[] }> = {};
console.log(
  `${cpus()[0]?.model}, shape ${options.shape}, float32, 2 threads, ${options.rounds} rounds, seconds a step\n`,
);
console.log('| work | Foothold (range) | sampling + update | TRL (range) | faster | peak memory, GiB |');
console.log('|---|---|---|---|---|---|');
for (const [name, work] of Object.entries(works)) {
  const timings: { foothold: Timing[]; trl: Timing[] } = { foothold: [], trl: [] };
  for (let round = 0; round < options.rounds; round++) {
    const job = { ...work, model: shapes[options.shape], repetitions: 2, threads: 2 };
    timings.foothold.push(...(await contend(process.execPath, ['--import', 'tsx', here('foothold_step.ts')], job)));
    timings.trl.push(...(await contend(options.python, [here('trl_step.py')], job)));
  }
  raw[name] = timings;
  const ours = timings.foothold.map((t) => t.seconds);
  const theirs = timings.trl.map((t) => t.seconds);
  const parts = `${median(timings.foothold.map((t) => t.sampling!)).toFixed(2)} + ${median(timings.foothold.map((t) => t.update!)).toFixed(2)}`;
  const memory = [timings.foothold, timings.trl].map((t) =>
    (Math.max(...t.map((x) => x.peakBytes)) / 2 ** 30).toFixed(2),
  );
  console.log(
    `| ${name} | ${median(ours).toFixed(2)} (${spread(ours)}) | ${parts} | ${median(theirs).toFixed(2)} (${spread(theirs)}) ` +
      `| ${(median(theirs) / median(ours)).toFixed(2)}× | ${memory[0]} / ${memory[1]} |`,
  );
}
if (options.json) writeFileSync(options.json, `${JSON.stringify(raw, null, 2)}\n`);
