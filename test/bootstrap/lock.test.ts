import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../scripts/lock.mjs';
import { temporaryFolder } from './standins.js';

const noProcess = 4_194_305; // beyond the largest process id of Linux

describe('withLock', () => {
  it('lets one in at a time, and gives the lock back after a failure too', async () => {
    const path = join(temporaryFolder(), 'lock');
    const order: string[] = [];
    const first = withLock(path, async () => {
      await sleep(300);
      order.push('first');
      throw new Error('failed');
    });
    const second = withLock(path, async () => void order.push('second'));
    await expect(first).rejects.toThrow('failed');
    await second;
    expect(order).toEqual(['first', 'second']);
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['a process of this machine that is no more', `${noProcess} ${hostname()} 1`, 0],
    ['a process that has not touched it for long', `${process.pid} elsewhere 1`, 60],
  ])('takes the lock of %s', async (_whose, content, age) => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, content);
    const touched = Date.now() / 1000 - age;
    utimesSync(path, touched, touched);
    expect(await withLock(path, async () => 'done')).toBe('done');
    expect(existsSync(path)).toBe(false);
  });

  it('waits for another machine’s process, of which only the touches are known', async () => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, `${noProcess} elsewhere 1`);
    const waiting = withLock(path, async () => 'done');
    expect(await Promise.race([waiting, sleep(600, 'still waiting')])).toBe('still waiting');
    const longAgo = Date.now() / 1000 - 60;
    utimesSync(path, longAgo, longAgo);
    expect(await waiting).toBe('done');
  });
});
