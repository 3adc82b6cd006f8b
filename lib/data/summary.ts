/** The report of a reading in words, for the terminal. */
import type { Instance } from './instance.js';
import type { PrepareReport } from './prepare.js';
import type { DataReport, Lengths, Spread } from './report.js';

const HISTOGRAM_BARS = 12;
const SAMPLE_CHARACTERS = 300;
const BARS = '▁▂▃▄▅▆▇█';

/** Rows, drops, steps and lengths; then ten instances to look at. */
export function summary(input: string, report: PrepareReport): string {
  return [
    `${input}: ${count(report.rows, 'row')} of format ${report.format} in ${count(report.files, 'file')}`,
    `  kept       ${count(report.kept, 'row')}, ${count(report.instances, 'instance')} (${number(report.train)} to train on, ${number(report.validation)} held out)`,
    ...reasons('dropped', report.dropped),
    ...reasons('left out', report.leftOut),
    `  steps      ${spread(report.stepsPerRow)}   ${histogram(report.stepsPerRow)}`,
    ...lengthLines('characters', report.characters),
    ...(report.tokens === undefined ? [] : lengthLines('tokens', report.tokens)),
    '',
    ...report.samples.map(sampleText),
  ].join('\n');
}

function reasons(label: string, counts: Record<string, number>): string[] {
  const entries = Object.entries(counts).sort(([, a], [, b]) => b - a);
  if (entries.length === 0) return [`  ${label.padEnd(10)} nothing`];
  return entries.map(([reason, n]) => `  ${label.padEnd(10)} ${number(n)}: ${reason}`);
}

function spread({ min, median, max }: Spread): string {
  return `min ${number(min)}, median ${number(median)}, max ${number(max)}`;
}

/** One bar a number of steps, several numbers to a bar when there are many. */
function histogram({ min, max, histogram: rows }: DataReport['stepsPerRow']): string {
  const width = Math.max(1, Math.ceil((max - min + 1) / HISTOGRAM_BARS));
  const bins = new Array<number>(Math.ceil((max - min + 1) / width)).fill(0);
  for (const [steps, n] of Object.entries(rows)) bins[Math.floor((Number(steps) - min) / width)]! += n;
  const highest = Math.max(...bins);
  const bar = (n: number) => (n === 0 ? ' ' : BARS[Math.ceil((n / highest) * BARS.length) - 1]!);
  return `${min} ${bins.map(bar).join('')} ${max}`;
}

function lengthLines(unit: string, lengths: Lengths): string[] {
  return Object.entries(lengths).map(([part, value]) => `  ${unit.padEnd(10)} ${part.padEnd(8)} ${spread(value)}`);
}

function sampleText({ id, step, numSteps, problem, prompt, context, target }: Instance): string {
  const shown = prompt === undefined ? problem : typeof prompt === 'string' ? prompt : prompt.at(-1)!.content;
  return [
    `── ${id}: step ${step} of ${numSteps}, ${count(context.length, 'step')} shown`,
    `problem  ${clipped(shown)}`,
    ...(context.length === 0 ? [] : [`before   ${clipped(context.at(-1)!.text)}`]),
    `target   ${clipped(target)}`,
    '',
  ].join('\n');
}

/** On one line, cut at a length that still shows what kind of text it is. */
function clipped(text: string): string {
  const characters = [...text.slice(0, 4 * SAMPLE_CHARACTERS).replace(/\s+/g, ' ')];
  return characters.length > SAMPLE_CHARACTERS
    ? `${characters.slice(0, SAMPLE_CHARACTERS).join('')} …`
    : characters.join('');
}

function number(n: number): string {
  return n.toLocaleString('en-US');
}

function count(n: number, noun: string): string {
  return `${number(n)} ${noun}${n === 1 ? '' : 's'}`;
}
