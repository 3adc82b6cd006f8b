/** A chart of curves by step, with its values in words: at the last step, or where the pointer or the arrow keys are. */
import { layOut, stack, valueRange } from './chart_data.js';
import { h, swatch } from './dom.js';
import { formatCount, formatTick, formatUnit } from './format.js';
import { color, faint, onThemeChange } from './theme.js';

/** @import { Layout, Line } from './chart_data.js' */
/** @import { Unit } from './format.js' */

/**
 * @typedef {object} ChartOptions
 * @property {string} title
 * @property {Unit} unit
 * @property {string} [note] what a reader should know
 * @property {boolean} [stacked] the curves add up
 * @property {number} [height] in pixels
 */

const FONT = '11px system-ui, sans-serif';
/** Steps are whole. */
const STEP_INCREMENTS = [1, 2, 5]
  .flatMap((n) => [0, 1, 2, 3, 4, 5, 6, 7].map((power) => n * 10 ** power))
  .sort((a, b) => a - b);

/** Charts on the page, by the element that is watched for its size. @type {WeakMap<Element, Chart>} */
const charts = new WeakMap();
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) charts.get(target)?.fit();
});
const visibility = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) charts.get(target)?.setVisible(isIntersecting);
  },
  { rootMargin: '200px' },
);

export class Chart {
  /** @param {ChartOptions} options */
  constructor(options) {
    this.options = options;
    this.height = options.height ?? 170;
    this.readout = h('ul', { class: 'readout' });
    this.plot = h('div', { class: 'plot', tabindex: 0, role: 'img', keydown: (event) => this.onKey(event) });
    this.plot.style.height = `${this.height}px`;
    this.element = h(
      'figure',
      { class: 'chart' },
      h('figcaption', {}, options.title, options.note ? h('small', {}, options.note) : null),
      this.readout,
      this.plot,
    );
    /** @type {Line[]} */
    this.lines = [];
    /** @type {Layout} */
    this.layout = { columns: [], data: [[]] };
    this.smoothing = 0;
    this.structure = '';
    this.visible = false;
    this.stale = false;
    /** @type {number[]} */
    this.boundaries = [];
    /** @type {import('uplot') | undefined} */
    this.uplot = undefined;
    charts.set(this.plot, this);
    sizes.observe(this.plot);
    visibility.observe(this.plot);
    onThemeChange(() => this.uplot?.redraw());
  }

  /**
   * @param {Line[]} lines
   * @param {{ smoothing: number, boundaries: number[] }} how
   */
  show(lines, { smoothing, boundaries }) {
    this.lines = lines;
    this.boundaries = boundaries;
    this.smoothing = smoothing;
    this.stale = true;
    if (this.visible) this.draw();
    this.describe();
    this.read(null);
  }

  /** Charts that nobody sees are not drawn. @param {boolean} visible */
  setVisible(visible) {
    this.visible = visible;
    if (visible && this.stale) this.draw();
  }

  draw() {
    const width = this.plot.clientWidth;
    if (width === 0) return;
    this.stale = false;
    this.layout = this.options.stacked ? stack(this.lines, this.smoothing) : layOut(this.lines, this.smoothing);
    const structure = JSON.stringify(this.layout.columns.map(({ kind, line }) => [kind, line.label, line.color]));
    if (this.uplot && structure === this.structure) {
      const data = this.layout.data;
      const { min, max } = this.uplot.scales.x;
      const before = this.uplot.data[0];
      const isZoomed = before.length > 0 && (min !== before[0] || max !== before.at(-1));
      this.uplot.setData(/** @type {any} */ (data), !isZoomed);
      if (isZoomed) this.uplot.redraw();
      return;
    }
    this.uplot?.destroy();
    this.structure = structure;
    this.uplot = new uPlot(this.uplotOptions(width), /** @type {any} */ (this.layout.data), this.plot);
  }

  fit() {
    const width = this.plot.clientWidth;
    if (width === 0) return;
    if (this.stale && this.visible) this.draw();
    else if (this.uplot && this.uplot.width !== width) this.uplot.setSize({ width, height: this.height });
  }

  /** @param {number} width @returns {import('uplot').Options} */
  uplotOptions(width) {
    const { unit } = this.options;
    const axis = {
      font: FONT,
      stroke: () => color('--muted'),
      grid: { stroke: () => color('--grid'), width: 1 },
      ticks: { show: false },
    };
    return {
      width,
      height: this.height,
      legend: { show: false },
      padding: [8, 12, 0, 0],
      cursor: { sync: { key: 'step' }, drag: { x: true, y: false }, y: false, points: { size: 6 } },
      scales: {
        x: { time: false },
        y: {
          range: (_, min, max) =>
            /** @type {[number, number]} */ (min === null ? [0, 1] : valueRange(min, max, unit === 'share')),
        },
      },
      axes: [
        {
          ...axis,
          size: 24,
          gap: 2,
          incrs: STEP_INCREMENTS,
          space: 60,
          values: (_, ticks) => ticks.map((tick) => formatTick(tick, 'number')),
        },
        { ...axis, size: 52, space: 32, values: (_, ticks) => ticks.map((tick) => formatTick(tick, unit)) },
      ],
      series: [{}, ...this.layout.columns.map((column) => this.series(column))],
      bands: this.bands(),
      hooks: {
        setCursor: [({ cursor }) => this.read(cursor.idx ?? null)],
        draw: [(plot) => this.drawBoundaries(plot)],
      },
    };
  }

  /** @param {Layout['columns'][number]} column @returns {import('uplot').Series} */
  series({ kind, line }) {
    const isSmoothed = this.layout.columns.some((column) => column.line === line && column.kind === 'smooth');
    if (kind === 'low' || kind === 'high')
      return { stroke: 'transparent', width: 0, points: { show: false }, spanGaps: true };
    if (kind === 'raw' && isSmoothed) {
      return { stroke: () => faint(line.color, 0.3), width: 1, points: { show: false }, spanGaps: true };
    }
    return {
      stroke: () => color(line.color),
      width: kind === 'stacked' ? 1 : 2,
      spanGaps: true,
      ...(line.dash ? { dash: line.dash } : {}),
      ...(kind === 'smooth' || kind === 'stacked' ? { points: { show: false } } : { points: { size: 5 } }),
      ...(kind === 'stacked' ? { fill: () => faint(line.color, 0.35) } : {}),
    };
  }

  /** @returns {import('uplot').Band[]} */
  bands() {
    const { columns } = this.layout;
    return columns.flatMap(({ kind, line }, i) => {
      if (kind === 'high')
        return [{ series: /** @type {[number, number]} */ ([i + 1, i]), fill: () => faint(line.color, 0.14) }];
      if (kind === 'stacked' && i > 0) {
        return [{ series: /** @type {[number, number]} */ ([i + 1, i]), fill: () => faint(line.color, 0.35) }];
      }
      return [];
    });
  }

  /** Where a stage begins. @param {import('uplot')} plot */
  drawBoundaries({ ctx, bbox, valToPos }) {
    ctx.save();
    ctx.strokeStyle = color('--muted');
    ctx.setLineDash([4, 4]);
    for (const step of this.boundaries) {
      const x = valToPos(step, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }

  /** Values at a place of the data, or the last ones. @param {number | null} at */
  read(at) {
    const steps = this.layout.data[0];
    const step = at === null ? null : steps[at];
    const items = this.lines.map((line) => {
      const value = valueAt(line.points, step);
      return h('li', {}, swatch(line.color), `${line.label} `, h('b', {}, formatUnit(value, this.options.unit)));
    });
    if (step !== null && step !== undefined) items.unshift(h('li', { class: 'at' }, `step ${formatCount(step)}`));
    this.readout.replaceChildren(...items);
  }

  /** The chart for those who do not see it. */
  describe() {
    const { title, unit } = this.options;
    const curves = this.lines.map(({ label, points }) => {
      const [first, last] = [0, points.x.length - 1];
      return `${label} from ${formatUnit(points.y[first], unit)} at step ${points.x[first]} to ${formatUnit(points.y[last], unit)} at step ${points.x[last]}`;
    });
    this.plot.setAttribute('aria-label', `${title}: ${curves.join('; ')}. Arrow keys read single steps.`);
  }

  /** Arrow keys move the cursor from step to step, with Shift ten at once. @param {KeyboardEvent} event */
  onKey(event) {
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const plot = this.uplot;
    if (direction === undefined || !plot) return;
    event.preventDefault();
    const steps = this.layout.data[0];
    const before = plot.cursor.idx ?? steps.length;
    const at = Math.max(0, Math.min(steps.length - 1, before + direction * (event.shiftKey ? 10 : 1)));
    plot.setCursor({ left: plot.valToPos(/** @type {number} */ (steps[at]), 'x'), top: 10 });
  }
}

/** The value at a step, or the last one. @param {import('./run.js').Points} points @param {number | null | undefined} step */
function valueAt({ x, y }, step) {
  if (step === null || step === undefined) return y.at(-1);
  let [low, high] = [0, x.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < step) low = middle + 1;
    else high = middle;
  }
  return x[low] === step ? y[low] : undefined;
}
