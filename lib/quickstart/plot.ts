/** A plain line plot in text, without colours. */

export interface Point {
  x: number;
  y: number;
}

export interface PlotOptions {
  /** Columns of the whole plot. */
  width: number;
  /** Rows of the plotting area. */
  height: number;
}

/** Shares from 0 to 1 over steps. Of several points in one column the last one is drawn. @returns lines of text. */
export function plotShares(points: readonly Point[], { width, height }: PlotOptions): string[] {
  const margin = 7;
  const columns = Math.max(1, width - margin - 1);
  const lastX = Math.max(1, ...points.map(({ x }) => x));
  const rows = Array.from({ length: height }, () => new Array<string>(columns).fill(' '));
  for (const [column, y] of columnValues(points, columns, lastX)) {
    rows[height - 1 - Math.round(y * (height - 1))]![column] = '*';
  }
  const label = (row: number) => {
    const percent = Math.round((100 * (height - 1 - row)) / (height - 1));
    return row % 2 === 0 ? `${String(percent).padStart(4)} %` : ' '.repeat(6);
  };
  const right = String(lastX);
  return [
    ...rows.map((row, i) => `${label(i)} |${row.join('')}`.trimEnd()),
    `${' '.repeat(margin)}+${'-'.repeat(columns)}`,
    `${' '.repeat(margin + 1)}0${right.padStart(Math.max(right.length + 1, columns - 1))}`,
  ];
}

/** Value of each column between the first and the last point, on straight lines between neighbours. */
function columnValues(points: readonly Point[], columns: number, lastX: number): Map<number, number> {
  const columnOf = (x: number) => Math.round((x / lastX) * (columns - 1));
  const values = new Map<number, number>();
  points.forEach((point, i) => {
    const next = points[i + 1] ?? point;
    const [from, to] = [columnOf(point.x), columnOf(next.x)];
    for (let column = from; column < to; column++) {
      values.set(column, point.y + ((next.y - point.y) * (column - from)) / (to - from));
    }
    values.set(to, next.y);
  });
  return values;
}
