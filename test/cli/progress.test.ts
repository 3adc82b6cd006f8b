import { describe, expect, it, vi } from 'vitest';
import { activityText } from '../../lib/cli/progress/activity.js';
import { openProgress, type Progress } from '../../lib/cli/progress/index.js';
import { JsonProgress } from '../../lib/cli/progress/json.js';
import { hasColours, isLive } from '../../lib/cli/progress/paint.js';
import { bar, bytes, duration, sparkline, trend } from '../../lib/cli/progress/words.js';
import type { RunConfig, StageConfig } from '../../lib/config/index.js';

/** A stream that remembers what was written. */
function stream({ isTTY = false, columns = 80 } = {}) {
  const written: string[] = [];
  const target = { isTTY, columns, write: (text: string) => written.push(text) > 0, on: () => target };
  return { written, stream: target as unknown as NodeJS.WriteStream };
}

const record = (step: number, metrics: Record<string, number | string | null>) => ({
  step,
  totalSteps: 10,
  stage: 0,
  metrics: { method: 'srl', ...metrics },
  samples: [],
});

const metrics = {
  reward: 0.51239,
  'completions/malformed_ratio': 0.125,
  frac_reward_zero_std: 0,
  tokens_per_second: 211.6,
  step_time: 20,
};

/** The rows that a terminal shows after all that was written; of the codes, those that are used here. */
function shown(written: readonly string[]): string[] {
  const rows = [''];
  let at = 0;
  // Without the escape character, which a pattern should not hold: `⎋` stands for it.
  const all = written.join('').replaceAll('\x1b', '⎋');
  const codes = all.matchAll(/⎋\[(\d*)(A|J|K)|⎋\[[?\d;]*[a-z]|(\r)|(\n)|([^⎋\r\n]+)/g);
  for (const [, count, code, home, end, text] of codes) {
    if (code === 'A') at -= Number(count);
    else if (code === 'J') rows.splice(at);
    else if (end) at++;
    else if (text) rows[at] = text;
    if (!code && !home) rows[at] ??= '';
  }
  return rows.map((row) => row.trimEnd()).filter((row) => row !== '');
}

function twoSteps(progress: Progress): void {
  const stages = [{} as StageConfig, {} as StageConfig];
  progress.start?.({ config: { stages } as RunConfig, output: 'run', resumedFrom: null });
  progress.enter('rollout');
  progress.advance({ done: 1, total: 2 });
  progress.step?.(record(0, { eval_reward: 0.25 }));
  progress.step?.(record(4, metrics));
}

describe('without a terminal', () => {
  it('is a line a step, without control characters', () => {
    const { written, stream: target } = stream();
    const progress = openProgress({}, target, {});
    twoSteps(progress);
    progress.warn('x');
    progress.item({ done: 3, total: 7 }, 'p3  right');
    progress.close();
    expect(written).toEqual([
      'step 0/10  held-out reward 0.250\n',
      'step 4/10  reward 0.512  format 88 %  zero-std 0 %  tokens/s 212  left 2 min\n',
      'warning: x\n',
      '3/7  p3  right\n',
    ]);
  });

  it('tells of a part that takes long, so that nobody takes it for dead', () => {
    vi.useFakeTimers();
    try {
      const { written, stream: target } = stream();
      const progress = openProgress({}, target, {});
      progress.enter('load');
      vi.advanceTimersByTime(30_000);
      progress.enter('fetch');
      progress.advance({ done: 67_250_000, total: 269_000_000 });
      vi.advanceTimersByTime(15_000);
      progress.close();
      vi.advanceTimersByTime(60_000);
      expect(written).toEqual([
        'loading the model (15 s)\n',
        'loading the model (30 s)\n',
        'fetching the model 25 % of 269 MB (15 s)\n',
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is warnings alone with --quiet', () => {
    const { written, stream: target } = stream({ isTTY: true });
    const progress = openProgress({ quiet: true }, target, { NO_COLOR: '1' });
    twoSteps(progress);
    progress.log('Finished');
    progress.warn('x');
    progress.close();
    expect(written).toEqual(['warning: x\n']);
  });
});

describe('in a terminal', () => {
  const live = (columns: number, env: NodeJS.ProcessEnv = { NO_COLOR: '1' }) => {
    const { written, stream: target } = stream({ isTTY: true, columns });
    return { written, progress: openProgress({}, target, env) };
  };

  it('is a few lines drawn in place, with lines that stay above them', () => {
    const { written, progress } = live(80);
    twoSteps(progress);
    progress.warn('x');
    expect(shown(written)).toEqual([
      'warning: x',
      'srl 1/2  step 4/10  ██████████░░░░░░░░░░░░░░  2 min left',
      'reward 0.512  format 88 %  zero-std 0 %  tokens/s 212  held-out reward 0.250',
      'sampling 50 %',
    ]);
    for (let step = 5; step <= 10; step++) progress.step?.(record(step, { ...metrics, reward: step / 10 }));
    progress.close();
    progress.log('Finished');
    expect(shown(written)).toEqual([
      'warning: x',
      'srl 1/2  step 10/10  ████████████████████████',
      'reward 1.000 ▁▁▂▄▅▇█  format 88 %  zero-std 0 %  tokens/s 212',
      'held-out reward 0.250',
      'Finished',
    ]);
    expect(written.join('').replaceAll('\x1b', '⎋')).not.toMatch(/⎋\[[\d;]*m/);
    expect(written.at(-2)).toBe('\x1b[?25h'); // the cursor is back before the last line
  });

  it.each([40, 24, 12])('never writes a line wider than %d columns', (columns) => {
    const { written, progress } = live(columns);
    twoSteps(progress);
    progress.warn('x');
    const rows = shown(written);
    expect(rows.length).toBeGreaterThan(4);
    for (const row of rows) expect(row.length).toBeLessThan(columns);
    progress.close();
  });

  it('shows of many things which one, and the time left', () => {
    const { written, progress } = live(80);
    progress.enter('rollout');
    progress.item({ done: 2, total: 4 }, 'p2  right\n\x1b[2J');
    progress.warn('x');
    expect(shown(written)).toEqual(['warning: x', 'sampling  2/4  0 s left  p2 right']);
    progress.close();
    expect(shown(written)).toEqual(['warning: x']);
  });

  it('colours what it draws, unless NO_COLOR is set', () => {
    const { written, progress } = live(80, { TERM: 'xterm-256color' });
    progress.warn('x');
    progress.close();
    expect(written.join('')).toContain('\x1b[33mwarning:\x1b[39m x');
  });
});

describe('--json', () => {
  it('is an event a line: start, progress at most once a second, steps without samples, warnings, the end', () => {
    const { written, stream: target } = stream();
    const progress = new JsonProgress(target);
    twoSteps(progress);
    progress.warn('x');
    progress.end({ outcome: 'failed', error: new Error('no memory') });
    const events = written.map((line) => JSON.parse(line));
    expect(written.every((line) => line.endsWith('}\n'))).toBe(true);
    expect(events.map(({ event }) => event)).toEqual(['start', 'progress', 'step', 'step', 'warning', 'end']);
    expect(events[0]).toMatchObject({ output: 'run', resumedFrom: null, config: { stages: [{}, {}] } });
    expect(events[3]).toEqual({
      event: 'step',
      step: 4,
      totalSteps: 10,
      stage: 0,
      metrics: { method: 'srl', ...metrics },
    });
    expect(events[5]).toEqual({ event: 'end', outcome: 'failed', message: 'no memory' });
  });
});

describe('a stream', () => {
  const { stream: terminal } = stream({ isTTY: true });
  const { stream: pipe } = stream();
  it.each([
    [terminal, { TERM: 'xterm' }, true],
    [terminal, { TERM: 'xterm', CI: 'true' }, false],
    [terminal, { TERM: 'dumb' }, false],
    [pipe, { TERM: 'xterm' }, false],
  ])('%# is drawn on again: %o', (target, env, live) => {
    expect(isLive(target, env)).toBe(live);
  });

  it.each([
    [terminal, { TERM: 'xterm' }, true],
    [terminal, { TERM: 'xterm', NO_COLOR: '1' }, false],
    [terminal, { TERM: 'xterm', FORCE_COLOR: '0' }, false],
    [pipe, { TERM: 'xterm' }, false],
    [pipe, { TERM: 'xterm', FORCE_COLOR: '1' }, true],
  ])('%# has colours: %o', (target, env, colours) => {
    expect(hasColours(target, env)).toBe(colours);
  });
});

describe('numbers in words', () => {
  it.each([
    [45.4, '45 s'],
    [100, '2 min'],
    [12000, '3 h 20 min'],
  ])('%d s is %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1500, '1.5 kB'],
    [269e6, '269 MB'],
    [1.4e13, '14 TB'],
  ])('%d bytes are %s', (count, text) => {
    expect(bytes(count)).toBe(text);
  });

  it('bars and curves go from the lowest to the highest', () => {
    expect([bar(0, 4), bar(0.5, 4), bar(1.2, 4)]).toEqual(['░░░░', '██░░', '████']);
    expect([sparkline([1, 2, 8]), sparkline([3, 3])]).toEqual(['▁▂█', '▄▄']);
  });

  it('a trend is what chance does not explain', () => {
    const noisy = [0.5, 0.4, 0.6, 0.5, 0.45, 0.55, 0.5, 0.6, 0.4, 0.5];
    expect(trend(noisy.slice(1))).toBeUndefined();
    expect(trend(noisy)).toBe(0);
    expect(trend(noisy.map((value, i) => value + (i < 5 ? 0 : 0.3)))).toBe(1);
    expect(trend(noisy.map((value, i) => value - (i < 5 ? 0 : 0.3)))).toBe(-1);
  });

  it('an activity says how far it is, in its own unit', () => {
    expect(activityText('score', { done: 12345, total: 0 })).toBe('comparing 12,345 pairs');
    expect(activityText('rollout', undefined)).toBe('sampling');
  });
});
