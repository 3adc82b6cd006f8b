/**
 * Sampling and update by themselves, against prompt length, completions a prompt, prompts and completion length: time and the
 * share of matrix products, peak memory. Every point is `foothold bench` in a process of its own.
 *
 *     npx tsx benchmarks/components/run.ts [--repetitions 3] [--prefix "taskset -c 0,1"] [--document]
 *
 * Prints the tables; with --document also puts them into docs/benchmarks.md and draws docs/benchmarks.svg.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { machineText } from '../../lib/bench/text.js';
import type { Work } from '../../lib/bench/work.js';
import { document } from '../document.js';
import { spawnText } from '../spawn.js';
import { markdown } from '../table.js';
import { plot } from './plot.js';
import { type Axis, axes, base, type Part, type Point, parts, type Report } from './points.js';

const options = await yargs(hideBin(process.argv))
  .option('repetitions', { type: 'number', default: 3 })
  .option('prefix', { type: 'string', default: '', describe: 'words before each command: taskset, chrt, …' })
  .option('document', { type: 'boolean', default: false })
  .strict()
  .parse();
const main = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));
const known = new Map<string, Report>();

async function measure(part: Part, work: Work): Promise<Report> {
  const { prompts, promptLength, generations, completionLength } = work;
  const size = [`--prompts=${prompts}`, `--prompt-length=${promptLength}`];
  const completions = [`--generations=${generations}`, `--completion-length=${completionLength}`];
  const words = ['bench', part, ...size, ...completions, `--repetitions=${options.repetitions}`, '--json'];
  const key = words.join(' ');
  const report =
    known.get(key) ??
    JSON.parse(await spawnText(options.prefix, [process.execPath, '--import', 'tsx', main, ...words]));
  known.set(key, report);
  return report;
}

function row({ axis, value, report }: Point): string[] {
  const { seconds, tokensPerSecond, productShare, peakBytes } = report;
  const percent = (share: number) => Math.round(100 * share);
  return [
    axes[axis].name,
    String(value),
    `${seconds.median.toFixed(2)} (${seconds.min.toFixed(2)}–${seconds.max.toFixed(2)})`,
    Math.round(tokensPerSecond.median).toLocaleString('en'),
    `${percent(productShare.median)} (${percent(productShare.min)}–${percent(productShare.max)})`,
    (peakBytes / 2 ** 30).toFixed(2),
  ];
}

const head = [
  'varied',
  'value',
  'seconds',
  'completion tokens/s',
  'matrix products, % of the time',
  'peak memory, GiB',
];
const points: Point[] = [];
for (const part of parts) {
  for (const [axis, { values }] of Object.entries(axes) as [Axis, { values: number[] }][]) {
    for (const value of values) {
      points.push({ part, axis, value, report: await measure(part, { ...base, [axis]: value }) });
      console.error([part, ...row(points.at(-1)!)].join(' | '));
    }
  }
  const rows = points.filter((point) => point.part === part);
  const table = markdown(head, rows.map(row));
  const note = `Shape \`small\`, ${options.repetitions} repetitions; ${machineText(rows.at(-1)!.report.machine)}.`;
  console.log(`${part}\n\n${note}\n\n${table}\n`);
  if (options.document) document(part, `${note}\n\n${table}`);
}
if (options.document) writeFileSync(fileURLToPath(new URL('../../docs/benchmarks.svg', import.meta.url)), plot(points));
