/** Metrics and samples of a run by column, which is what the page draws and takes far less room than lines. */
import type { MetricsBlock, SampleBlock } from './payload.js';

type Value = number | string | null;

/** Numbers as people read them: six digits. */
const rounded = (value: number) => (Number.isInteger(value) ? value : Number(value.toPrecision(6)));

export class MetricsTable {
  private readonly columns = new Map<string, Value[]>();
  count = 0;

  /** @returns false for a line that is not of ours. */
  add(row: unknown): boolean {
    const { step, stage } = (row ?? {}) as Record<string, unknown>;
    if (!isCount(step) || !isCount(stage)) return false;
    for (const [name, value] of Object.entries(row as object)) {
      const number = typeof value === 'number' && Number.isFinite(value);
      if (number || typeof value === 'string') this.column(name)[this.count] = number ? rounded(value) : value;
    }
    this.count++;
    return true;
  }

  slice(from: number, to: number): MetricsBlock {
    const columns = [...this.columns].map(([name, values]): [string, Value[]] => [
      name,
      Array.from({ length: to - from }, (_, i) => values[from + i] ?? null),
    ]);
    return { count: to - from, columns: columns.filter(([, values]) => values.some((value) => value !== null)) };
  }

  clear(): void {
    this.columns.clear();
    this.count = 0;
  }

  private column(name: string): Value[] {
    let values = this.columns.get(name);
    if (!values) {
      values = [];
      this.columns.set(name, values);
    }
    return values;
  }
}

/** Where a sample's line lies in its file. */
export interface SamplePlace {
  step: number;
  stage: number;
  validation: boolean;
  start: number;
  length: number;
}

interface SampleRow extends SamplePlace {
  instance: number;
  reward: number | null;
  advantage: number | null;
  malformed: string | null;
}

export class SampleTable {
  private rows: SampleRow[] = [];
  private instances = new Map<string, number>();
  private names: string[] = [];

  get count(): number {
    return this.rows.length;
  }

  get places(): readonly SamplePlace[] {
    return this.rows;
  }

  /** @returns false for a line that is not of ours. */
  add(sample: unknown, start: number, length: number): boolean {
    const { step, stage, split, instance, reward, advantage, malformed } = (sample ?? {}) as Record<string, unknown>;
    if (!isCount(step) || !isCount(stage) || typeof instance !== 'string') return false;
    const number = (value: unknown) => (typeof value === 'number' ? rounded(value) : null);
    this.rows.push({
      step,
      stage,
      validation: split === 'validation',
      start,
      length,
      instance: this.numberOf(instance),
      reward: number(reward),
      advantage: number(advantage),
      malformed: typeof malformed === 'string' ? malformed : null,
    });
    return true;
  }

  /** @param knownInstances how many instances the reader of the block knows already. */
  slice(rows: readonly number[], knownInstances: number): { block: SampleBlock; knownInstances: number } {
    const chosen = rows.map((row) => this.rows[row]!);
    const known = chosen.reduce((most, { instance }) => Math.max(most, instance + 1), knownInstances);
    const block: SampleBlock = {
      count: chosen.length,
      step: chosen.map(({ step }) => step),
      stage: chosen.map(({ stage }) => stage),
      validation: chosen.map(({ validation }) => Number(validation)),
      newInstances: this.names.slice(knownInstances, known),
      instance: chosen.map(({ instance }) => instance),
      reward: chosen.map(({ reward }) => reward),
      advantage: chosen.map(({ advantage }) => advantage),
      malformed: chosen.map(({ malformed }) => malformed),
    };
    return { block, knownInstances: known };
  }

  clear(): void {
    this.rows = [];
    this.instances = new Map();
    this.names = [];
  }

  private numberOf(name: string): number {
    let number = this.instances.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.instances.set(name, number);
    }
    return number;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
