/** The news about a run since a reader last heard of it. */
import type { RunUpdate } from './payload.js';
import type { RunData } from './run_data.js';

/** Most rows in one update, so that a page stays fluid while a long run arrives. */
const MAX_METRICS = 2000;
const MAX_SAMPLES = 20_000;

/** What a reader knows of a run. */
export class Cursor {
  private generation = -1;
  private metrics = 0;
  private samples = 0;
  private instances = 0;
  private told = '';

  /** The next update; undefined when the reader knows everything. */
  next(run: RunData): RunUpdate | undefined {
    const reset = this.generation !== run.generation;
    if (reset) this.begin(run.generation);
    const [metricsTo, samplesTo] = [
      Math.min(run.metrics.count, this.metrics + MAX_METRICS),
      Math.min(run.samples.count, this.samples + MAX_SAMPLES),
    ];
    const state = JSON.stringify([run.head, run.unreadable, run.modified]);
    if (!reset && state === this.told && metricsTo === this.metrics && samplesTo === this.samples) return undefined;
    const rows = Array.from({ length: samplesTo - this.samples }, (_, i) => this.samples + i);
    const samples = run.samples.slice(rows, this.instances);
    const update: RunUpdate = {
      reset,
      generation: run.generation,
      head: run.head,
      metrics: run.metrics.slice(this.metrics, metricsTo),
      samples: samples.block,
      totalSamples: run.samples.count,
      unreadable: run.unreadable,
      modified: run.modified,
    };
    [this.metrics, this.samples, this.instances, this.told] = [metricsTo, samplesTo, samples.knownInstances, state];
    return update;
  }

  private begin(generation: number): void {
    [this.generation, this.metrics, this.samples, this.instances] = [generation, 0, 0, 0];
  }
}
