import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { LiveRun } from '../../lib/report/live_run.js';
import { RunData } from '../../lib/report/run_data.js';
import { RunFiles } from '../../lib/report/run_files.js';
import { makeRun } from './make_run.js';

it('looks at the files for as long as there are readers, also when one leaves during the first look', async () => {
  const run = join(mkdtempSync(join(tmpdir(), 'foothold-live-')), 'run');
  makeRun(run, { steps: 2 });
  const data = await RunData.open(await RunFiles.at(run));
  const refresh = vi.spyOn(data, 'refresh');
  const live = new LiveRun(data);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const reader = { send: () => true, fail: (error: Error) => expect.fail(error.message) };
    const first = live.follow(reader);
    live.leave(reader);
    await first;
    vi.advanceTimersByTime(5000);
    expect(refresh).toHaveBeenCalledTimes(1);

    await live.follow(reader);
    vi.advanceTimersByTime(500);
    expect(refresh.mock.calls.length).toBeGreaterThan(2);
    live.leave(reader);
    const { length } = refresh.mock.calls;
    vi.advanceTimersByTime(5000);
    expect(refresh).toHaveBeenCalledTimes(length);
  } finally {
    vi.useRealTimers();
  }
});
