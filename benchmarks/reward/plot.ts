/** Pairs per second against length, both logarithmic, as SVG. */
import type { SetResult } from './run.js';

const WIDTH = 760;
const HEIGHT = 460;
const LEFT = 70;
const RIGHT = 210;
const TOP = 40;
const BOTTOM = 50;

/** 10,000 as 10K: long labels would run into one another. */
const short = new Intl.NumberFormat('en', { notation: 'compact' });

const colours = [
  '#d62728',
  '#ff9896',
  '#1f77b4',
  '#2ca02c',
  '#9467bd',
  '#8c564b',
  '#e377c2',
  '#7f7f7f',
  '#bcbd22',
  '#17becf',
];

export function plot(results: readonly SetResult[]): string {
  const names = [...new Set(results.flatMap(({ timings }) => timings.map(({ contender }) => contender)))].sort(
    (x, y) => Number(y.startsWith('Foothold')) - Number(x.startsWith('Foothold')),
  );
  const speeds = results.flatMap(({ timings }) => timings.flatMap(({ pairsPerSecond }) => pairsPerSecond ?? []));
  const [low, high] = [Math.floor(Math.log10(Math.min(...speeds))), Math.ceil(Math.log10(Math.max(...speeds)))];
  const lengths = results.map(({ meanLength }) => Math.log10(meanLength));
  const [first, last] = [Math.min(...lengths), Math.max(...lengths)];
  const x = (length: number) => LEFT + ((Math.log10(length) - first) / (last - first)) * (WIDTH - LEFT - RIGHT);
  const y = (speed: number) => HEIGHT - BOTTOM - ((Math.log10(speed) - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);

  const grid: string[] = [];
  for (let power = low; power <= high; power++) {
    const at = y(10 ** power).toFixed(1);
    grid.push(
      `<path d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${at}" dy=".35em" text-anchor="end">${short.format(10 ** power)}</text>`,
    );
  }
  for (const { meanLength } of results) {
    const at = x(meanLength).toFixed(1);
    grid.push(
      `<path d="M${at} ${TOP}V${HEIGHT - BOTTOM}"/><text x="${at}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${short.format(Math.round(meanLength))}</text>`,
    );
  }
  const lines = names.map((name, i) => {
    const points = results.flatMap(({ meanLength, timings }) => {
      const speed = timings.find(({ contender }) => contender === name)?.pairsPerSecond;
      return speed ? [`${x(meanLength).toFixed(1)},${y(speed).toFixed(1)}`] : [];
    });
    const colour = colours[i % colours.length]!;
    const legend = TOP + 10 + 20 * i;
    const dots = points.map(
      (point) => `<circle cx="${point.split(',')[0]}" cy="${point.split(',')[1]}" r="3" fill="${colour}"/>`,
    );
    return (
      `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="${name === 'Foothold' ? 3 : 1.5}"/>${dots.join('')}` +
      `<path d="M${WIDTH - RIGHT + 15} ${legend}h18" stroke="${colour}" stroke-width="3"/><text x="${WIDTH - RIGHT + 40}" y="${legend}" dy=".35em">${name}</text>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">
<title>SequenceMatcher.ratio(): pairs per second by length, Foothold and its peers</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="22" font-size="14">SequenceMatcher.ratio(), autojunk off: pairs per second by length of both texts</text>
<g stroke="#ddd" fill="none">${grid.map((line) => line.replace('<text', '<text stroke="none" fill="#333"')).join('\n')}</g>
${lines.join('\n')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">characters in each text</text>
</svg>
`;
}
