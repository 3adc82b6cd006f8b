/** What is read of a run: while it is written, after it went back, and when its files are not what they should be. */
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunData } from '../../lib/report/run_data.js';
import { RunFiles } from '../../lib/report/run_files.js';
import { LineTail } from '../../lib/report/tail.js';
import { Cursor } from '../../lib/report/updates.js';
import { appendSteps, makeRun, note } from './make_run.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foothold-report-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const openRun = async () => RunData.open(await RunFiles.at(folder));

describe('LineTail', () => {
  const read = async (tail: LineTail) => {
    const seen: string[] = [];
    await tail.read({ rewound: () => void seen.push('REWOUND'), line: (text) => void seen.push(text ?? 'TOO LONG') });
    return seen;
  };
  const tailOf = (file: string) => {
    const files = RunFiles.at(folder);
    return { path: join(folder, file), tail: new LineTail(async () => (await files).open('metrics.jsonl')) };
  };

  beforeEach(() => writeFileSync(join(folder, 'config.yaml'), ''));

  it('passes each line on once it has its end, wherever bytes are cut', async () => {
    const { path, tail } = tailOf('metrics.jsonl');
    expect(await read(tail)).toEqual([]);
    const bytes = Buffer.from('one\ntwö €\nthree\n');
    const seen: string[] = [];
    for (const byte of bytes) {
      appendFileSync(path, Buffer.of(byte));
      seen.push(...(await read(tail)));
    }
    expect(seen).toEqual(['one', 'twö €', 'three']);
  });

  it('reads lines that are longer than what it reads at once', async () => {
    const { path, tail } = tailOf('metrics.jsonl');
    const long = 'x'.repeat(3_000_000);
    writeFileSync(path, `a\n${long}\nb\n`);
    expect(await read(tail)).toEqual(['a', long, 'b']);
  });

  it('begins again when the file was replaced, cut, or cut and written on with other lines', async () => {
    const { path, tail } = tailOf('metrics.jsonl');
    writeFileSync(path, '1\n2\n3\n');
    expect(await read(tail)).toEqual(['1', '2', '3']);
    writeFileSync(`${path}.new`, '1\n');
    renameSync(`${path}.new`, path);
    expect(await read(tail)).toEqual(['REWOUND', '1']);
    truncateSync(path, 0);
    expect(await read(tail)).toEqual(['REWOUND']);
    appendFileSync(path, '1\n2\n');
    expect(await read(tail)).toEqual(['1', '2']);
    truncateSync(path, 2);
    appendFileSync(path, '4\n5\n');
    expect(await read(tail)).toEqual(['REWOUND', '1', '4', '5']);
    rmSync(path);
    expect(await read(tail)).toEqual(['REWOUND']);
  });
});

describe('RunData', () => {
  it('tells a reader everything once, then what is new, then all again after the run went back', async () => {
    makeRun(folder, { steps: 4 });
    const run = await openRun();
    const cursor = new Cursor();
    expect(cursor.next(run)).toMatchObject({
      reset: true,
      metrics: { count: 4 },
      samples: { count: 32, newInstances: { length: 4 } },
    });
    expect(cursor.next(run)).toBeUndefined();
    appendSteps(folder, { steps: 4 }, 4, 5);
    await run.refresh();
    const news = cursor.next(run)!;
    expect(news).toMatchObject({
      reset: false,
      metrics: { count: 1 },
      samples: { count: 8, newInstances: ['train:5#2'] },
    });
    expect(Object.fromEntries(news.metrics.columns).step).toEqual([5]);
    for (const name of ['metrics.jsonl', 'samples.jsonl']) {
      const lines = readFileSync(join(folder, name), 'utf8').split('\n');
      writeFileSync(
        join(folder, name),
        lines
          .filter((line) => line !== '' && JSON.parse(line).step <= 2)
          .map((line) => `${line}\n`)
          .join(''),
      );
    }
    await run.refresh();
    expect(cursor.next(run)).toMatchObject({ reset: true, metrics: { count: 2 }, samples: { count: 16 } });
  });

  it('sends a long run in parts', async () => {
    makeRun(folder, { steps: 4500, rollouts: 0 });
    const run = await openRun();
    const cursor = new Cursor();
    const counts = Array.from({ length: 4 }, () => cursor.next(run)?.metrics.count);
    expect(counts).toEqual([2000, 2000, 500, undefined]);
  });

  it.each([
    // Of two blocks of one character SequenceMatcher takes the one that is first in its first argument.
    ['actionExpert', [0, 1, 1]],
    ['expertAction', [1, 0, 1]],
  ])('gives the matching blocks that the reward counts, the action first: %s', async (argumentOrder, blocks) => {
    makeRun(folder, { steps: 1, settings: { argumentOrder } });
    const sample = { step: 2, stage: 0, instance: 'i', action: 'ab', expert: 'ba' };
    appendFileSync(join(folder, 'samples.jsonl'), `${JSON.stringify(sample)}\n`);
    const run = await openRun();
    const [text] = await run.texts([run.samples.count - 1]);
    expect(text!.blocks).toEqual(blocks);
  });

  it('leaves lines out that are not of ours, counts them, and keeps hostile names harmless', async () => {
    makeRun(folder, { steps: 1 });
    appendFileSync(
      join(folder, 'metrics.jsonl'),
      '[]\nnull\n{"step":"2","stage":0}\nnot json\n{"step":2,"stage":0,"__proto__":5,"reward":{"x":1}}\n',
    );
    appendFileSync(join(folder, 'samples.jsonl'), '{"step":1}\n{"step":-1,"stage":0,"instance":"x"}\n');
    const run = await openRun();
    expect(run.unreadable).toBe(6);
    expect(run.metrics.count).toBe(2);
    const columns = run.metrics.slice(0, 2).columns;
    expect(columns.find(([name]) => name === '__proto__')?.[1]).toEqual([null, 5]);
    expect(columns.find(([name]) => name === 'reward')?.[1][1]).toBeNull();
  });

  it('tells how the run ended, and what happened before', async () => {
    makeRun(folder, { steps: 1 });
    const run = await openRun();
    expect(run.head.state).toBe('running');
    note(folder, { event: 'failed', step: 1, message: 'the loss is NaN' });
    note(folder, { event: 'warning', message: 'x'.repeat(70_000) });
    note(folder, { event: 'resumed', step: 1, changes: [{ key: 'seed', before: 0, now: 1 }] });
    await run.refresh();
    expect(run.head.state).toBe('running');
    expect(run.head.events.at(-1)![1]).toBe('resumed, step 1, changes.0.key seed, changes.0.before 0, changes.0.now 1');
    // Only the end of a long file is read, from a whole line on.
    expect(run.head.events).toHaveLength(1);
    note(folder, { event: 'failed', step: 1, message: 'the loss is NaN' });
    appendFileSync(join(folder, 'events.jsonl'), 'null\n{"event": "fini');
    await run.refresh();
    expect(run.head.state).toBe('failed');
    expect(run.head.events.at(-1)).toEqual(['2026-01-02T03:04:05Z', 'failed, step 1, the loss is NaN']);
  });

  it('reads nothing outside of the run directory', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'foothold-outside-'));
    writeFileSync(join(outside, 'secret.jsonl'), '{"step":1,"stage":0,"instance":"secret"}\n');
    makeRun(folder, { steps: 1 });
    rmSync(join(folder, 'samples.jsonl'));
    symlinkSync(join(outside, 'secret.jsonl'), join(folder, 'samples.jsonl'));
    await expect(openRun()).rejects.toThrow(/samples\.jsonl is a link/);
    rmSync(outside, { recursive: true });
  });

  it('names what is no run directory, and a file that is none', async () => {
    await expect(RunFiles.at(join(folder, 'missing'))).rejects.toThrow(/missing: no such folder/);
    await expect(RunFiles.at(folder)).rejects.toThrow(/no config\.yaml/);
    makeRun(folder, { steps: 1 });
    writeFileSync(join(folder, 'config.yaml'), 'a: [');
    await expect(openRun()).rejects.toThrow(/config\.yaml is not valid/);
  });
});
