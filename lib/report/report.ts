/** `foothold report`: runs as one HTML file that needs nothing else. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { LineWriter } from '../data/write.js';
import { makePage } from './page.js';
import type { RunUpdate } from './payload.js';
import { RunData } from './run_data.js';
import { RunFiles } from './run_files.js';
import { type Budget, thin } from './thin.js';

/** Of all runs in one report: what a browser opens without a wait, at most some 15 MB of file. */
const BUDGET: Budget = { samples: 20_000, bytes: 64 << 20 };
/** Samples that are unpacked together. */
const CHUNK_SAMPLES = 128;

export interface ReportOptions {
  output: string;
  onWarning?: (message: string) => void;
  budget?: Budget;
}

/**
 * Write a report on one run, or one that compares several.
 * @throws UserError when a run cannot be read or the file cannot be written
 */
export async function writeReport(runs: readonly string[], options: ReportOptions): Promise<void> {
  const data: RunData[] = [];
  for (const path of runs) data.push(await RunData.open(await RunFiles.at(path)));
  for (const { files, unreadable } of data) {
    if (unreadable > 0) options.onWarning?.(`${files.path}: ${unreadable} lines are not of Foothold and are left out`);
  }
  const page = makePage(`${data.map(({ files }) => files.name).join(', ')} · Foothold`, 'embedded');
  const writer = await LineWriter.open(options.output);
  try {
    await writer.write(page.head);
    for await (const block of dataBlocks(data, options)) await writer.write(block);
    await writer.write(page.tail);
    await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** All data as elements of text that no browser takes for code: base64 of gzip of JSON. */
async function* dataBlocks(runs: readonly RunData[], { budget = BUDGET }: ReportOptions) {
  const share = { samples: budget.samples / runs.length, bytes: budget.bytes / runs.length };
  const chosen = runs.map((run) => thin(run.samples.places, share));
  for (const [index, run] of runs.entries()) {
    const rows = chosen[index]!;
    yield await dataBlock(`run-${index}`, wholeRun(run, rows));
    for (let at = 0; at < rows.length; at += CHUNK_SAMPLES) {
      const chunk = rows.slice(at, at + CHUNK_SAMPLES);
      yield await dataBlock(`run-${index}-samples-${at / CHUNK_SAMPLES}`, await run.texts(chunk));
    }
  }
}

const compress = promisify(gzip);

async function dataBlock(id: string, value: unknown): Promise<string> {
  const packed = await compress(JSON.stringify(value));
  return `<script type="text/plain" id="${id}">${packed.toString('base64')}</script>`;
}

function wholeRun(run: RunData, rows: readonly number[]): RunUpdate {
  return {
    reset: true,
    generation: run.generation,
    head: run.head,
    metrics: run.metrics.slice(0, run.metrics.count),
    samples: run.samples.slice(rows, 0).block,
    totalSamples: run.samples.count,
    unreadable: run.unreadable,
    modified: run.modified,
  };
}
