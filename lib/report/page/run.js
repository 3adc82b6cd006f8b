/** One run as the page knows it: columns of metrics and samples that grow with each update. */

/** @import { MetricsBlock, RunHead, RunUpdate, SampleBlock } from '../payload.js' */

/**
 * Completions that were sampled together for one instance.
 * @typedef {object} Group
 * @property {number} from first sample
 * @property {number} to after the last
 * @property {number} step
 * @property {number} stage
 * @property {boolean} validation
 * @property {number} instance
 */

/** @typedef {{ x: number[], y: number[] }} Points */

export class Run {
  /** @type {RunHead | undefined} */
  head = undefined;
  totalSamples = 0;
  unreadable = 0;
  generation = 0;
  /** @type {number | null} */
  modified = null;
  /** Lines of metrics. */
  count = 0;
  /** @type {Map<string, (number | string | null)[]>} */
  columns = new Map();
  /** @type {string[]} */
  instances = [];
  /** @type {(number | null)[]} */
  rewards = [];
  /** @type {(number | null)[]} */
  advantages = [];
  /** @type {(string | null)[]} */
  malformed = [];
  /** @type {Group[]} */
  groups = [];
  /** Groups of each instance; validation and training apart. @type {Map<string, number[]>} */
  occurrences = new Map();

  clear() {
    this.count = 0;
    this.columns.clear();
    this.occurrences.clear();
    for (const list of [this.instances, this.rewards, this.advantages, this.malformed, this.groups]) list.length = 0;
  }

  /** @param {RunUpdate} update */
  apply(update) {
    if (update.reset) this.clear();
    this.head = update.head;
    this.generation = update.generation;
    this.totalSamples = update.totalSamples;
    this.unreadable = update.unreadable;
    this.modified = update.modified;
    this.addMetrics(update.metrics);
    this.addSamples(update.samples);
  }

  /** @param {MetricsBlock} block */
  addMetrics({ count, columns }) {
    for (const [name, values] of columns) {
      const column = this.columns.get(name) ?? [];
      while (column.length < this.count) column.push(null);
      for (const value of values) column.push(value);
      this.columns.set(name, column);
    }
    this.count += count;
  }

  /** @param {SampleBlock} block */
  addSamples(block) {
    for (const name of block.newInstances) this.instances.push(name);
    for (let i = 0; i < block.count; i++) {
      const row = this.rewards.push(block.reward[i]) - 1;
      this.advantages.push(block.advantage[i]);
      this.malformed.push(block.malformed[i]);
      this.addToGroup(row, {
        step: block.step[i],
        stage: block.stage[i],
        validation: block.validation[i] === 1,
        instance: block.instance[i],
      });
    }
  }

  /** @param {number} row @param {Omit<Group, 'from' | 'to'>} at */
  addToGroup(row, at) {
    const last = this.groups.at(-1);
    const isSame =
      last !== undefined &&
      last.instance === at.instance &&
      last.step === at.step &&
      last.stage === at.stage &&
      last.validation === at.validation;
    if (isSame) {
      last.to = row + 1;
      return;
    }
    const index = this.groups.push({ ...at, from: row, to: row + 1 }) - 1;
    const key = occurrenceKey(at);
    const all = this.occurrences.get(key);
    if (all) all.push(index);
    else this.occurrences.set(key, [index]);
  }

  /** @param {Group} group */
  occurrencesOf(group) {
    return this.occurrences.get(occurrenceKey(group)) ?? [];
  }

  /**
   * A metric by step, where it has a value; of two at the same step the later.
   *
   * @param {string} name
   * @param {number} [stage] this one alone
   * @returns {Points}
   */
  points(name, stage) {
    const steps = this.columns.get('step') ?? [];
    const stages = this.columns.get('stage') ?? [];
    const values = this.columns.get(name) ?? [];
    /** @type {Points} */
    const points = { x: [], y: [] };
    for (let i = 0; i < values.length; i++) {
      const [step, value] = [steps[i], values[i]];
      if (typeof value !== 'number' || typeof step !== 'number') continue;
      if (stage !== undefined && stages[i] !== stage) continue;
      if (points.x.at(-1) === step) points.y[points.y.length - 1] = value;
      else {
        points.x.push(step);
        points.y.push(value);
      }
    }
    return points;
  }

  /** Value of a metric in its last line that has one. @param {string} name */
  last(name) {
    return this.points(name).y.at(-1);
  }

  get step() {
    return this.last('step') ?? 0;
  }

  /** First step of each stage but the first. @returns {number[]} */
  get boundaries() {
    const { x, y } = this.points('stage');
    return x.filter((_, i) => i > 0 && y[i] !== y[i - 1]);
  }

  /** @param {Group} group */
  summary({ from, to }) {
    const rewards = /** @type {number[]} */ (this.rewards.slice(from, to).filter((reward) => reward !== null));
    return {
      count: to - from,
      mean: rewards.length === 0 ? null : rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length,
      malformed: this.malformed.slice(from, to).filter((reason) => reason !== null).length,
      trained: this.advantages.slice(from, to).some((advantage) => advantage !== null),
    };
  }
}

/** @param {{ instance: number, validation: boolean }} at */
function occurrenceKey({ instance, validation }) {
  return `${instance}/${validation}`;
}
