/** `foothold prepare`: raw data to files of instances, in memory that does not grow with the data. */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../errors.js';
import type { Instance } from './instance.js';
import { readLines } from './lines.js';
import type { DataOptions, SplitOptions } from './options.js';
import { readInstanceRows } from './read.js';
import { type DataReport, ReportBuilder } from './report.js';
import { heldOut, problemRank } from './split.js';
import { LineWriter } from './write.js';

const NUM_SAMPLES = 10;

export interface PrepareOptions extends DataOptions {
  /** File for the training instances, JSON lines. */
  out: string;
  /** File for the instances of the problems held out as `validation` says. */
  validationOut?: string;
  /** Length of a text in tokens; given, the report has lengths in tokens. */
  countTokens?: (text: string) => number;
  /** Told of each row that gave instances, with the number of these rows so far. */
  onRow?: (rows: number) => void;
}

export interface PrepareReport extends DataReport {
  train: number;
  validation: number;
  /** Ten instances to look at, drawn from all. */
  samples: Instance[];
}

/**
 * Read data of any format and write its instances. Files appear under their names only when all of it has been read.
 *
 * @throws UserError for input that cannot be read; nothing is written then
 */
export async function prepare(input: string, options: PrepareOptions): Promise<PrepareReport> {
  refuseOverwriting(input, options);
  heldOut([], options.validation); // wrong sizes are told before the reading, not after it
  const report = new ReportBuilder(options.countTokens);
  const samples = new Samples();
  const { out, validationOut } = options;
  const whole = validationOut === undefined ? out : `${out}.all`;

  const rows = await writeInstances(whole, readInstanceRows(input, options, report), samples, options);
  if (rows.length === 0) throw noInstances(input, report.build());
  const validation = validationOut === undefined ? 0 : await part(whole, out, validationOut, rows, options.validation);
  const built = report.build();
  return { ...built, train: built.instances - validation, validation, samples: samples.drawn() };
}

/** What is remembered of a row to part the file later without parsing it again. */
interface WrittenRow {
  /** Rank of its problem (see `split.ts`). */
  rank: string;
  lines: number;
}

async function writeInstances(
  path: string,
  rows: AsyncIterable<Instance[]>,
  samples: Samples,
  { validation, onRow }: PrepareOptions,
): Promise<WrittenRow[]> {
  const written: WrittenRow[] = [];
  const writer = await LineWriter.open(path);
  try {
    for await (const instances of rows) {
      for (const instance of instances) {
        await writer.write(JSON.stringify(instance));
        samples.offer(instance);
      }
      written.push({ rank: problemRank(instances[0]!, validation), lines: instances.length });
      onRow?.(written.length);
    }
    if (written.length > 0) await writer.commit();
    return written;
  } finally {
    await writer.discard();
  }
}

/** Part the lines of a file between two others and remove it. Returns the number of lines held out. */
async function part(
  path: string,
  trainPath: string,
  validationPath: string,
  rows: readonly WrittenRow[],
  options: SplitOptions | undefined,
): Promise<number> {
  const train = await LineWriter.open(trainPath);
  const validation = await LineWriter.open(validationPath);
  try {
    const held = heldOut(
      rows.map(({ rank }) => rank),
      options,
    );
    const lines = readLines(path);
    let moved = 0;
    for (const { rank, lines: count } of rows) {
      const writer = held.has(rank) ? validation : train;
      for (let i = 0; i < count; i++) await writer.write((await lines.next()).value!.text);
      if (held.has(rank)) moved += count;
    }
    await validation.commit();
    await train.commit();
    return moved;
  } finally {
    await Promise.all([train.discard(), validation.discard(), rm(path, { force: true })]);
  }
}

function refuseOverwriting(input: string, { out, validationOut }: PrepareOptions): void {
  const paths = [input, out, ...(validationOut === undefined ? [] : [validationOut])].map((path) => resolve(path));
  if (new Set(paths).size < paths.length) {
    throw new UserError(`Input and outputs must be different files, but they are: ${paths.join(', ')}.`);
  }
}

function noInstances(input: string, report: DataReport): UserError {
  if (report.rows === 0) return new UserError(`${input} holds no row.`);
  const reasons = Object.entries(report.dropped).map(([reason, n]) => `${n} because ${reason}`);
  return new UserError(
    `${input}: none of ${report.rows} rows gives an instance${reasons.length ? `: ${reasons.join('; ')}` : ''}.`,
  );
}

/** The same few instances in every run: those whose ids have the smallest hashes. */
class Samples {
  private best: { rank: string; instance: Instance }[] = [];

  offer(instance: Instance): void {
    const rank = createHash('sha256').update(instance.id).digest('hex');
    if (this.best.length === NUM_SAMPLES && rank > this.best.at(-1)!.rank) return;
    this.best.push({ rank, instance });
    this.best.sort((a, b) => (a.rank < b.rank ? -1 : 1));
    this.best.length = Math.min(this.best.length, NUM_SAMPLES);
  }

  drawn(): Instance[] {
    return this.best.map(({ instance }) => instance);
  }
}
