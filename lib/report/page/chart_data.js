/** Curves laid out for uPlot: one axis of steps, and a column of values for each curve. */
import { smoothed } from './trend.js';

/** @import { Points } from './run.js' */

/**
 * One curve of a chart.
 *
 * @typedef {object} Line
 * @property {string} label
 * @property {string} color name of a custom property
 * @property {Points} points
 * @property {number[]} [dash]
 * @property {{ low: Points, high: Points }} [band] what lies around it
 */

/**
 * A column of a chart's data and how it is drawn.
 *
 * @typedef {object} Column
 * @property {'raw' | 'smooth' | 'low' | 'high' | 'stacked'} kind
 * @property {Line} line
 */

/** @typedef {{ columns: Column[], data: (number | null)[][] }} Layout */

/**
 * Columns for curves side by side. A smoothed curve comes with the values it was made from.
 *
 * @param {Line[]} lines @param {number} smoothing see `smoothed` @returns {Layout}
 */
export function layOut(lines, smoothing) {
  /** @type {Column[]} */
  const columns = [];
  /** @type {Points[]} */
  const points = [];
  for (const line of lines) {
    if (line.band) {
      columns.push({ kind: 'low', line }, { kind: 'high', line });
      points.push(line.band.low, line.band.high);
    }
    columns.push({ kind: 'raw', line });
    points.push(line.points);
    if (smoothing > 0 && smoothing * line.points.y.length > 1) {
      columns.push({ kind: 'smooth', line });
      points.push({ x: line.points.x, y: smoothed(line.points.y, smoothing) });
    }
  }
  return { columns, data: align(points) };
}

/**
 * Columns for curves that add up, the first at the bottom; smoothed, since thousands of steps would hide each other.
 *
 * @param {Line[]} lines @param {number} smoothing see `smoothed` @returns {Layout}
 */
export function stack(lines, smoothing) {
  const [x, ...columns] = align(lines.map(({ points: { x, y } }) => ({ x, y: smoothed(y, smoothing) })));
  const sums = new Array(x.length).fill(0);
  const stacked = columns.map((column) =>
    column.map((value, i) => {
      sums[i] += value ?? 0;
      return sums[i];
    }),
  );
  return { columns: lines.map((line) => ({ kind: 'stacked', line })), data: [x, ...stacked] };
}

/** All steps of several curves, and each curve's value there or null. @param {Points[]} curves */
function align(curves) {
  const steps = Float64Array.from(new Set(curves.flatMap(({ x }) => x))).sort();
  const place = new Map(Array.from(steps, (step, i) => [step, i]));
  const columns = curves.map(({ x, y }) => {
    /** @type {(number | null)[]} */
    const column = new Array(steps.length).fill(null);
    x.forEach((step, i) => {
      column[/** @type {number} */ (place.get(step))] = y[i];
    });
    return column;
  });
  return [Array.from(steps), ...columns];
}

/** Range of values that a chart shows, never so narrow that noise looks like a slope. @param {number} min @param {number} max @param {boolean} isShare */
export function valueRange(min, max, isShare) {
  const least = isShare ? 0.1 : Math.max(1e-12, Math.abs(max) * 1e-3);
  const margin = Math.max(0.06 * (max - min), (least - (max - min)) / 2);
  const [low, high] = [min - margin, max + margin];
  if (!isShare) return min >= 0 && low < 0 ? [0, high] : [low, high];
  // A share ends at 0 and 1; a curve that runs along an end is still to be seen.
  if (high > 1 && max <= 1) return [Math.min(low, 1 - least), 1.01];
  if (low < 0 && min >= 0) return [-0.01, Math.max(high, least)];
  return [low, high];
}
