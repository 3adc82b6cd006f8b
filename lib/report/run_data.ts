/** All that is shown of one run, kept up to date with its files while somebody else writes them. */
import type { FileHandle } from 'node:fs/promises';
import { type Comparison, readSettings } from './head.js';
import type { RunHead, SampleText } from './payload.js';
import type { RunFiles } from './run_files.js';
import { sampleText } from './sample_text.js';
import { MetricsTable, SampleTable } from './tables.js';
import { LineTail } from './tail.js';

export class RunData {
  readonly metrics = new MetricsTable();
  readonly samples = new SampleTable();
  /** Counts how often the run went back, which makes row numbers void. */
  generation = 0;
  /** Lines that are not of ours. */
  unreadable = 0;
  modified: number | null = null;
  private settings: { head: RunHead; comparisons: Comparison[] } | undefined;
  private readonly metricsTail: LineTail;
  private readonly samplesTail: LineTail;

  constructor(readonly files: RunFiles) {
    this.metricsTail = new LineTail(() => files.open('metrics.jsonl'));
    this.samplesTail = new LineTail(() => files.open('samples.jsonl'));
  }

  /** @throws UserError when the files cannot be read. */
  static async open(files: RunFiles): Promise<RunData> {
    const data = new RunData(files);
    await data.refresh();
    return data;
  }

  get head(): RunHead {
    return this.settings!.head;
  }

  /** Read what is new. */
  async refresh(): Promise<void> {
    this.settings = await readSettings(this.files);
    const metrics = (row: unknown) => this.metrics.add(row);
    const samples = (row: unknown, start: number, length: number) => this.samples.add(row, start, length);
    if (await this.readNew(this.metricsTail, metrics)) this.samplesTail.restart();
    if (await this.readNew(this.samplesTail, samples)) {
      this.metricsTail.restart();
      await this.readNew(this.metricsTail, metrics);
    }
    this.modified = await this.lastChange();
  }

  /** Full texts of samples, with their matching blocks. */
  async texts(rows: readonly number[]): Promise<SampleText[]> {
    const handle = await this.files.open('samples.jsonl');
    if (!handle) return [];
    try {
      return await Promise.all(rows.map((row) => this.text(handle, row)));
    } finally {
      await handle.close();
    }
  }

  private async text(handle: FileHandle, row: number): Promise<SampleText> {
    const { start, length, stage } = this.samples.places[row]!;
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, start);
    return sampleText(JSON.parse(buffer.toString('utf8')), this.settings!.comparisons[stage]);
  }

  /** Whether the file was rewound; then the tables hold only what it holds now, and the other file must be read again. */
  private async readNew(
    tail: LineTail,
    add: (row: unknown, start: number, length: number) => boolean,
  ): Promise<boolean> {
    let rewound = false;
    await tail.read({
      rewound: () => {
        rewound = true;
        this.generation++;
        this.unreadable = 0;
        this.metrics.clear();
        this.samples.clear();
      },
      line: (text, start, length) => {
        if (text === '') return;
        if (!add(parseLine(text), start, length)) this.unreadable++;
      },
    });
    return rewound;
  }

  private async lastChange(): Promise<number | null> {
    const handle = await this.files.open('metrics.jsonl');
    try {
      return handle ? (await handle.stat()).mtimeMs : null;
    } finally {
      await handle?.close();
    }
  }
}

function parseLine(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
