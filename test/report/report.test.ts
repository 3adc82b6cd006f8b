/** The report as a file: whole, of bounded size, without a word of a run that a browser could take for markup. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../bindings/load.js';
import { bundle } from '../../lib/report/bundle.js';
import { writeReport } from '../../lib/report/report.js';
import { thin } from '../../lib/report/thin.js';
import { makeRun } from './make_run.js';

const pageFolder = join(packageRoot, 'lib', 'report', 'page');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'foothold-report-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What an element of data holds. */
function unpack(html: string, id: string) {
  const packed = new RegExp(`<script type="text/plain" id="${id}">([A-Za-z0-9+/=]*)</script>`).exec(html)?.[1];
  return packed === undefined ? undefined : JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString());
}

describe('writeReport', () => {
  it('holds a run whole, packed', async () => {
    const run = join(folder, 'run');
    makeRun(run, { steps: 20 });
    const output = join(folder, 'made', 'report.html');
    await writeReport([run], { output });
    const html = readFileSync(output, 'utf8');
    const update = unpack(html, 'run-0');
    expect(update).toMatchObject({ reset: true, metrics: { count: 20 }, samples: { count: 164 }, totalSamples: 164 });
    const lines = readFileSync(join(run, 'samples.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const texts = [0, 1].flatMap((chunk) => unpack(html, `run-0-samples-${chunk}`));
    expect(texts.map(({ action }) => action)).toEqual(lines.map(({ action }) => action));
    expect(unpack(html, 'run-0-samples-2')).toBeUndefined();
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
    expect(html).toContain("default-src 'none'");
    expect(html).toContain('Permission is hereby granted');
  });

  it('names a file that it cannot write, and leaves none behind when a run is none', async () => {
    await expect(writeReport([join(folder, 'nothing')], { output: join(folder, 'x.html') })).rejects.toThrow(
      /no such folder/,
    );
    makeRun(join(folder, 'ok'), { steps: 1 });
    writeFileSync(join(folder, 'file'), '');
    const output = join(folder, 'file', 'x.html');
    await expect(writeReport([join(folder, 'ok')], { output })).rejects.toThrow(/cannot be written/);
    expect(readdirSync(folder).filter((name) => name.includes('x.html'))).toEqual([]);
  });

  it('says how many samples it leaves out of a large run', async () => {
    const run = join(folder, 'large');
    makeRun(run, { steps: 100 });
    const output = join(folder, 'large.html');
    await writeReport([run], { output, budget: { samples: 200, bytes: 1e9 } });
    const { samples, totalSamples } = unpack(readFileSync(output, 'utf8'), 'run-0');
    expect(totalSamples).toBe(820);
    expect(samples.count).toBeLessThanOrEqual(200);
    expect(samples.step).toContain(100);
  });
});

describe('thin', () => {
  const places = Array.from({ length: 1000 }, (_, i) => ({
    step: Math.floor(i / 10),
    stage: 0,
    validation: i % 10 === 9,
    start: 0,
    length: 100,
  }));

  it('keeps all that fits', () => {
    expect(thin(places, { samples: 1000, bytes: 100_000 })).toHaveLength(1000);
  });

  it.each([
    [{ samples: 500, bytes: 1e9 }],
    [{ samples: 77, bytes: 1e9 }],
    [{ samples: 1e9, bytes: 20_000 }],
    [{ samples: 3, bytes: 1e9 }],
    [{ samples: 0, bytes: 0 }],
  ])('keeps whole steps evenly, the last among them, within %j', (budget) => {
    const rows = thin(places, budget);
    expect(rows.length).toBeLessThanOrEqual(budget.samples);
    expect(100 * rows.length).toBeLessThanOrEqual(budget.bytes);
    expect(rows).toEqual([...rows].sort((a, b) => a - b));
    const steps = [...new Set(rows.filter((row) => !places[row]!.validation).map((row) => places[row]!.step))];
    if (steps.length > 1) {
      expect(steps.at(-1)).toBe(99);
      const gaps = new Set(steps.slice(1).map((step, i) => step - steps[i]!));
      expect(gaps.size).toBe(1);
      for (const step of steps)
        expect(rows.filter((row) => places[row]!.step === step && !places[row]!.validation)).toHaveLength(9);
    }
  });
});

describe('the page’s modules', () => {
  it('are joined into one script', () => {
    const script = bundle(pageFolder, 'main.js');
    expect(script).not.toMatch(/^(import|export)\b/m);
    for (const name of readdirSync(pageFolder).filter((file) => file.endsWith('.js'))) {
      const first = /^export (?:async )?(?:function|class|const) (\w+)/m.exec(
        readFileSync(join(pageFolder, name), 'utf8'),
      )?.[1];
      if (first) expect(script, name).toMatch(new RegExp(`^(async )?(function|class|const) ${first}\\b`, 'm'));
    }
  });

  it('are refused when they are not plain', () => {
    writeFileSync(join(folder, 'a.js'), "import { x as y } from './b.js';\n");
    writeFileSync(join(folder, 'b.js'), 'export const x = 1;\n');
    writeFileSync(join(folder, 'c.js'), 'export default 1;\n');
    expect(() => bundle(folder, 'a.js')).toThrow(/a\.js: a renamed import/);
    expect(() => bundle(folder, 'c.js')).toThrow(/c\.js: cannot be bundled: export default 1/);
  });

  it('never turn text into markup', () => {
    for (const name of readdirSync(pageFolder).filter((file) => file.endsWith('.js'))) {
      const source = readFileSync(join(pageFolder, name), 'utf8');
      expect(source, name).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/);
    }
  });
});

describe('numbers on the page', async () => {
  const load = (name: string) => import(pathToFileURL(join(pageFolder, name)).href);
  const { formatNumber, formatSeconds, formatShare, formatTick, formatReward } = await load('format.js');
  const { smoothed, trendOf } = await load('trend.js');
  const { layOut, stack } = await load('chart_data.js');

  it('have as many digits as a reader needs', () => {
    expect([0, 1, 0.12345, 12.3456, 1234.5, 5e-7, -8e-16].map(formatNumber)).toEqual([
      '0',
      '1',
      '0.1235',
      '12.35',
      '1,235',
      '5.00e-7',
      '-8.00e-16',
    ]);
    expect([0.5, 1, 0.9999, 0.123].map(formatShare)).toEqual(['50 %', '100 %', '100 %', '12.3 %']);
    expect([0.25, 2.53, 75, 3700, 200_000].map(formatSeconds)).toEqual([
      '250 ms',
      '2.5 s',
      '1 min 15 s',
      '1 h 1 min',
      '2 days',
    ]);
    expect([12_000, 1_500_000, 0.25].map((value) => formatTick(value, 'number'))).toEqual(['12k', '1.5M', '0.25']);
    expect([-1, 0.98765, null].map(formatReward)).toEqual(['−1', '0.988', 'none']);
  });

  it('are smoothed without a bias at the beginning', () => {
    for (const value of smoothed([3, 3, 3, 3], 0.5)) expect(value).toBeCloseTo(3, 12);
    expect(smoothed([1, 2, 3], 0)).toEqual([1, 2, 3]);
    // Weights 1/3 and 2/3, as the span of a mean over two is: (1/3·1 + 2/3·4) / 1 after its own norm.
    expect(smoothed([1, 4], 1)[1]).toBeCloseTo((2 / 9 + 8 / 3) / (8 / 9), 12);
  });

  it('rise or fall only beyond their noise', () => {
    const wave = Array.from({ length: 100 }, (_, i) => Math.sin(7 * i));
    expect(trendOf(wave).direction).toBe('level');
    expect(trendOf(wave.map((value, i) => value + 0.1 * i)).direction).toBe('rising');
    expect(trendOf(wave.map((value, i) => value - 0.1 * i))).toMatchObject({ direction: 'falling', window: 10 });
    expect(trendOf([1, 2, 3]).direction).toBe('early');
    expect(trendOf(new Array(20).fill(1)).direction).toBe('level');
  });

  it('share one axis of steps', () => {
    const [a, b] = [
      { label: 'a', color: '', points: { x: [1, 2], y: [10, 20] } },
      { label: 'b', color: '', points: { x: [2, 10], y: [1, 2] } },
    ];
    expect(layOut([a, b], 0).data).toEqual([
      [1, 2, 10],
      [10, 20, null],
      [null, 1, 2],
    ]);
    expect(stack([a, b], 0).data).toEqual([
      [1, 2, 10],
      [10, 20, 0],
      [10, 21, 2],
    ]);
  });
});
