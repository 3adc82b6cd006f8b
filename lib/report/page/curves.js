/** All curves, in sections; what has no values takes no room. */
import { linesOf, otherMetrics, sections } from './catalogue.js';
import { Chart } from './chart.js';
import { h } from './dom.js';
import { formatShare } from './format.js';
import { runLegend } from './runs.js';

/** @import { ChartSpec } from './catalogue.js' */
/** @import { Source } from './source.js' */

export class CurvesView {
  /** @param {Source} source */
  constructor(source) {
    this.source = source;
    this.smoothing = 0.05;
    /** @type {Map<string, { spec: ChartSpec, chart: Chart }>} */
    this.others = new Map();
    this.sections = sections.map(({ title, charts }) => {
      const entries = charts.map((spec) => ({ spec, chart: new Chart(spec) }));
      return {
        entries,
        element: section(
          title,
          entries.map(({ chart }) => chart.element),
        ),
      };
    });
    this.otherGrid = h('div', { class: 'charts' });
    this.flat = h('p', { class: 'muted' });
    this.otherSection = h('section', {}, h('h2', {}, 'Other metrics'), this.otherGrid, this.flat);
    this.empty = h('p', { class: 'empty' }, 'No step yet, so there is nothing to draw.');
    this.element = h(
      'div',
      { class: 'curves' },
      this.controls(),
      this.empty,
      ...this.sections.map(({ element }) => element),
      this.otherSection,
    );
  }

  controls() {
    const label = h('output', {}, formatShare(this.smoothing));
    const range = h('input', {
      type: 'range',
      min: 0,
      max: 20,
      value: 100 * this.smoothing,
      'aria-label': 'Smoothing, in percent of the curve',
      input: () => {
        this.smoothing = Number(range.value) / 100;
        label.textContent = this.smoothing === 0 ? 'off' : formatShare(this.smoothing);
        this.update();
      },
    });
    return h(
      'div',
      { class: 'controls' },
      h('label', {}, 'Smoothing ', range, ' ', label),
      h(
        'span',
        { class: 'muted' },
        'Drag over a chart to zoom in, double-click to zoom out; arrow keys read single steps.',
      ),
      runLegend(this.source),
    );
  }

  update() {
    const { runs } = this.source;
    this.empty.hidden = runs.some(({ count }) => count > 0);
    for (const { entries, element } of this.sections) {
      for (const entry of entries) this.draw(entry);
      element.hidden = entries.every(({ chart }) => chart.element.hidden);
    }
    const others = otherMetrics(runs);
    const isFlat = (/** @type {string} */ name) => runs.every((run) => run.points(name).y.every((y) => y === 0));
    for (const name of others.filter((name) => !isFlat(name))) this.draw(this.other(name));
    const flat = others.filter(isFlat);
    this.flat.textContent = flat.length > 0 ? `0 all along: ${flat.join(', ')}.` : '';
    this.otherSection.hidden = others.length === 0;
  }

  /** @param {{ spec: ChartSpec, chart: Chart }} entry */
  draw({ spec, chart }) {
    const { runs } = this.source;
    const lines = linesOf(spec, runs);
    chart.element.hidden = lines.length === 0;
    if (lines.length > 0)
      chart.show(lines, { smoothing: this.smoothing, boundaries: runs.length === 1 ? runs[0].boundaries : [] });
  }

  /** The chart of a metric that no section knows. @param {string} name */
  other(name) {
    let entry = this.others.get(name);
    if (!entry) {
      /** @type {ChartSpec} */
      const spec = { title: name, unit: 'number', metrics: [[name, name]] };
      entry = { spec, chart: new Chart(spec) };
      this.others.set(name, entry);
      this.otherGrid.append(entry.chart.element);
    }
    return entry;
  }
}

/** @param {string} title @param {Node[]} charts */
function section(title, charts) {
  return h('section', {}, h('h2', {}, title), h('div', { class: 'charts' }, ...charts));
}
