/** The sample browser: a list of groups, and the chosen one in full. */
import { h } from './dom.js';
import { formatCount, formatReward } from './format.js';
import { groupView } from './group_view.js';
import { runPicker } from './runs.js';
import { VirtualList } from './virtual_list.js';

/** @import { Group } from './run.js' */
/** @import { Source } from './source.js' */

const KINDS = [
  ['all', 'All samples'],
  ['training', 'Training'],
  ['validation', 'Validation'],
  ['trained', 'Trained on'],
  ['malformed', 'With malformed ones'],
];

export class SamplesView {
  /** @param {Source} source */
  constructor(source) {
    this.source = source;
    this.run = 0;
    /** Groups in the list, newest first. @type {number[]} */
    this.order = [];
    /** @type {number | undefined} */
    this.current = undefined;
    this.detail = h('div', { class: 'detail', 'aria-live': 'off' });
    this.list = new VirtualList({
      label: 'Groups of samples, newest first',
      rowHeight: 48,
      row: (index) => this.row(this.order[index]),
      onSelect: (index) => this.show(this.order[index]),
    });
    this.kind = h(
      'select',
      { 'aria-label': 'Which samples', change: () => this.filter() },
      ...KINDS.map(([value, label]) => h('option', { value }, label)),
    );
    this.search = h('input', {
      type: 'search',
      placeholder: 'Instance',
      'aria-label': 'Part of the instance’s name',
      input: () => this.filter(),
    });
    this.step = h('input', {
      type: 'number',
      min: 0,
      placeholder: 'Up to step',
      'aria-label': 'Up to this step',
      input: () => this.filter(),
    });
    this.total = h('p', { class: 'muted', role: 'status' });
    const picker = runPicker(source, (run) => this.choose(run));
    this.element = h(
      'div',
      { class: 'browser' },
      h(
        'div',
        { class: 'side' },
        h('div', { class: 'filters' }, picker, this.kind, this.step, this.search),
        this.total,
        this.list.element,
      ),
      this.detail,
    );
    this.element.addEventListener('keydown', (event) => this.onKey(event));
    this.empty();
  }

  /** @param {number} run */
  choose(run) {
    this.run = run;
    this.current = undefined;
    this.update();
  }

  /** There are more samples now, or others. */
  update() {
    const { groups } = this.source.runs[this.run];
    if (this.current !== undefined && this.current >= groups.length) this.current = undefined;
    const atTop = this.list.element.scrollTop < 4;
    const before = this.order.length;
    this.filter();
    // What is read stays where it is while new groups come in above.
    if (!atTop) this.list.element.scrollTop += (this.order.length - before) * this.list.rowHeight;
    if (this.current === undefined && this.order.length > 0) this.list.select(0);
    if (groups.length === 0) this.empty();
  }

  filter() {
    const run = this.source.runs[this.run];
    const accepts = this.acceptance();
    this.order = [];
    for (let index = run.groups.length - 1; index >= 0; index--) if (accepts(run.groups[index])) this.order.push(index);
    this.list.reset(this.order.length, this.current === undefined ? -1 : this.order.indexOf(this.current));
    const samples = run.rewards.length;
    const part =
      samples < run.totalSamples
        ? ` This file holds ${formatCount(samples)} of the run’s ${formatCount(run.totalSamples)} samples, those of evenly spaced steps; \`foothold watch\` shows all.`
        : '';
    this.total.textContent = `${formatCount(this.order.length)} of ${formatCount(run.groups.length)} groups.${part}`;
  }

  /** @returns {(group: Group) => boolean} */
  acceptance() {
    const run = this.source.runs[this.run];
    const kind = this.kind.value;
    const wanted = this.search.value.trim().toLowerCase();
    const lastStep = this.step.value === '' ? Infinity : Number(this.step.value);
    return (group) => {
      if (group.step > lastStep) return false;
      if (kind === 'training' && group.validation) return false;
      if (kind === 'validation' && !group.validation) return false;
      if (wanted !== '' && !run.instances[group.instance].toLowerCase().includes(wanted)) return false;
      if (kind === 'trained') return run.summary(group).trained;
      if (kind === 'malformed') return run.summary(group).malformed > 0;
      return true;
    };
  }

  /** @param {number} index of the group */
  row(index) {
    const run = this.source.runs[this.run];
    const group = run.groups[index];
    const { count, mean, malformed } = run.summary(group);
    const bars = h('span', { class: 'bars', 'aria-hidden': 'true' });
    for (let row = group.from; row < Math.min(group.to, group.from + 16); row++) {
      const bar = h('i', { class: run.malformed[row] === null ? '' : 'bad' });
      bar.style.height = `${Math.round(3 + 17 * Math.max(0, Math.min(1, run.rewards[row] ?? 0)))}px`;
      bars.append(bar);
    }
    const name = run.instances[group.instance];
    const kind = group.validation ? 'validation' : 'training';
    const spoken = `${count} rollouts, mean reward ${formatReward(mean)}${malformed > 0 ? `, ${malformed} malformed` : ''}`;
    return [
      h('span', { class: 'name' }, name),
      h('span', { class: 'muted' }, `step ${formatCount(group.step)} · ${kind}`),
      bars,
      h('b', { 'aria-hidden': 'true' }, formatReward(mean)),
      h('span', { class: 'spoken' }, spoken),
    ];
  }

  /** @param {number} index of the group */
  async show(index) {
    this.current = index;
    let parts;
    try {
      parts = await groupView(this.source, this.run, index, (group) => this.goTo(group));
    } catch (error) {
      parts = [h('p', { class: 'warning' }, `The samples cannot be read: ${/** @type {Error} */ (error).message}`)];
    }
    if (this.current === index) this.detail.replaceChildren(...parts);
  }

  /** Show a group wherever it is in the list. @param {number} group */
  goTo(group) {
    const place = this.order.indexOf(group);
    if (place >= 0) this.list.select(place);
    else this.show(group);
  }

  /** `[` and `]` show the same instance earlier and later. @param {KeyboardEvent} event */
  onKey(event) {
    const move = { '[': -1, ']': 1 }[event.key];
    if (move === undefined || this.current === undefined || event.target instanceof HTMLInputElement) return;
    const run = this.source.runs[this.run];
    const all = run.occurrencesOf(run.groups[this.current]);
    const next = all[all.indexOf(this.current) + move];
    if (next !== undefined) this.goTo(next);
  }

  empty() {
    this.detail.replaceChildren(
      h(
        'p',
        { class: 'empty' },
        'No samples yet. SRL and RLVR write some of each step’s completions down (logCompletions); SFT samples none.',
      ),
    );
  }
}
