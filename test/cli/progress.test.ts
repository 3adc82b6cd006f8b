import { describe, expect, it } from 'vitest';
import { duration, Progress } from '../../lib/cli/progress.js';

/** A stream that remembers what was written. */
function stream(isTTY: boolean) {
  const written: string[] = [];
  const write = (text: string) => written.push(text) > 0;
  const tty = {
    isTTY,
    columns: 200,
    rows: 40,
    write,
    on: () => {},
    cursorTo: () => {},
    clearLine: () => {},
    moveCursor: () => {},
  };
  return { written, stream: tty as unknown as NodeJS.WriteStream };
}

const record = (step: number, metrics: Record<string, number | string | null>) => ({
  step,
  totalSteps: 10,
  stage: 0,
  metrics,
  samples: [],
});

describe('without a terminal', () => {
  it('is a line a step, without control characters', () => {
    const { written, stream: target } = stream(false);
    const progress = new Progress(target);
    progress.enter('rollout');
    progress.advance({ done: 1, total: 2 });
    progress.step(record(0, { eval_reward: 0.25 }));
    progress.step(
      record(4, {
        method: 'srl',
        reward: 0.51239,
        'completions/malformed_ratio': 0.125,
        frac_reward_zero_std: 0,
        tokens_per_second: 211.6,
        step_time: 20,
      }),
    );
    progress.log('warning: x');
    progress.close();
    expect(written).toEqual([
      'step 0/10  held-out reward 0.250\n',
      'step 4/10  reward 0.512  malformed 13 %  zero-std 0 %  tokens/s 212  left 2 min\n',
      'warning: x\n',
    ]);
  });
});

describe('in a terminal', () => {
  it('is a bar with what goes on, without colours', () => {
    const { written, stream: target } = stream(true);
    const progress = new Progress(target);
    progress.enter('rollout');
    progress.step(record(4, { reward: 0.5, step_time: 1 }));
    progress.close();
    const all = written.join('');
    expect(all).toContain('4/10');
    expect(all).toContain('reward 0.500');
    expect(all).not.toMatch(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`));
  });
});

it.each([
  [45.4, '45 s'],
  [100, '2 min'],
  [12000, '3 h 20 min'],
])('%d s is %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
