import { expect, it } from 'vitest';
import { plotShares } from '../../lib/quickstart/plot.js';

const rising = [
  { x: 0, y: 0 },
  { x: 5, y: 0.5 },
  { x: 10, y: 1 },
];

it('draws shares from 0 to 100 % over the steps', () => {
  expect(plotShares(rising, { width: 19, height: 5 })).toEqual([
    ' 100 % |         **',
    '       |       **',
    '  50 % |    ***',
    '       |  **',
    '   0 % |**',
    '       +-----------',
    '        0        10',
  ]);
});

it('is no wider than asked for, down to a few columns', () => {
  for (const width of [20, 40, 72]) {
    const lines = plotShares(rising, { width, height: 9 });
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width);
  }
  expect(plotShares(rising, { width: 3, height: 3 }).join('\n')).toContain('*');
});

it('draws one point', () => {
  expect(plotShares([{ x: 0, y: 1 }], { width: 20, height: 3 })[0]).toBe(' 100 % |*');
});
