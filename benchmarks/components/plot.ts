/** Time and memory against each axis, as SVG: rows are quantities, columns are axes; every scale begins at 0. */
import { type Axis, axes, type Part, type Point, parts } from './points.js';

const PANEL = 170;
const GAP_X = 62;
const GAP_Y = 66;
const LEFT = 60;
const TOP = 62;
const COLUMNS = Object.keys(axes) as Axis[];
const WIDTH = LEFT + COLUMNS.length * (PANEL + GAP_X);

interface Series {
  colour: string;
  value: (point: Point) => number;
}

/** One row of panels. */
interface Quantity {
  part: Part;
  name: string;
  unit: string;
  series: Series[];
}

const total: Series = { colour: '#d62728', value: ({ report }) => report.seconds.median };
const products: Series = { colour: '#1f77b4', value: ({ report }) => report.productSeconds.median };
const memory: Series = { colour: '#2ca02c', value: ({ report }) => report.peakBytes / 2 ** 30 };
const quantities: Quantity[] = parts.flatMap((part) => [
  { part, name: `${part}: time`, unit: 's', series: [total, products] },
  { part, name: `${part}: peak memory`, unit: 'GiB', series: [memory] },
]);
const HEIGHT = TOP + quantities.length * (PANEL + GAP_Y);

export function plot(points: readonly Point[]): string {
  const panels = quantities.flatMap((quantity, row) => {
    const ofPart = points.filter(({ part }) => part === quantity.part);
    const top = niceTop(Math.max(...ofPart.flatMap((point) => quantity.series.map(({ value }) => value(point)))));
    return COLUMNS.map((axis, column) => {
      const at = { x: LEFT + column * (PANEL + GAP_X), y: TOP + row * (PANEL + GAP_Y) };
      const own = ofPart.filter((point) => point.axis === axis);
      return `<g transform="translate(${at.x} ${at.y})">${panel(quantity, axis, own, top)}</g>`;
    });
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">
<title>Time and peak memory of sampling and update against prompt length, completions a prompt, prompts and completion length</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="22" font-size="14">Sampling and update, shape small: <tspan fill="${total.colour}">whole time</tspan>, <tspan fill="${products.colour}">matrix products by themselves</tspan>, <tspan fill="${memory.colour}">peak memory</tspan></text>
${panels.join('\n')}
</svg>
`;
}

function panel({ name, unit, series }: Quantity, axis: Axis, points: readonly Point[], top: number): string {
  const right = Math.max(...axes[axis].values);
  const x = (value: number) => ((value / right) * PANEL).toFixed(1);
  const y = (value: number) => (PANEL - (value / top) * PANEL).toFixed(1);
  const grid = [0, top / 2, top].map(
    (value) =>
      `<path d="M0 ${y(value)}H${PANEL}" stroke="#ddd"/><text x="-6" y="${y(value)}" dy=".35em" text-anchor="end">${value}</text>`,
  );
  const ticks = axes[axis].values.map(
    (value) => `<text x="${x(value)}" y="${PANEL + 16}" text-anchor="middle">${value}</text>`,
  );
  const lines = series.map(({ colour, value }) => {
    const dots = points.map((point) => `${x(point.value)},${y(value(point))}`);
    const circles = dots.map(
      (dot) => `<circle cx="${dot.split(',')[0]}" cy="${dot.split(',')[1]}" r="3" fill="${colour}"/>`,
    );
    return `<polyline points="${dots.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>${circles.join('')}`;
  });
  const labels = `<text y="-10">${name}, ${unit}</text><text x="${PANEL / 2}" y="${PANEL + 34}" text-anchor="middle">${axes[axis].name}</text>`;
  return [...grid, ...ticks, ...lines, labels].join('');
}

/** 1, 2 or 5 times a power of ten, at least `value`. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((top) => top >= value)!;
}
