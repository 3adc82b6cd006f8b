/** A disk that fills up or becomes read-only under a run: what stands under a final name is whole, and the run goes on. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const child = fileURLToPath(new URL('faults/bad_disk.ts', import.meta.url));

/** Run a command with a tmpfs of 2 MiB at `$1`, in a mount namespace of its own. */
function onSmallDisk(command: string, fault = '') {
  const script = `mount -t tmpfs -o size=2m none "$1" && ${command}`;
  const folder = mkdtempSync(join(tmpdir(), 'foothold-disk-'));
  const args = ['--map-root-user', '--mount', 'sh', '-c', script, 'sh', folder, process.execPath, child, fault];
  return spawnSync('unshare', args, { encoding: 'utf8', env: { ...process.env, OMP_NUM_THREADS: '1' } });
}
const canMount = onSmallDisk('mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"').status === 0;

it.skipIf(!canMount).each([
  ['full', /No space left on device|ENOSPC/],
  ['readonly', /EROFS|Read-only file system/],
])(
  'a disk that becomes %s (needs Linux user namespaces)',
  (fault, reason) => {
    const { stdout, stderr, status } = onSmallDisk('exec "$2" --import tsx "$3" "$1" "$4"', fault);
    expect(status, stderr).toBe(0);
    const { error, whole, damages, same, left, finished } = JSON.parse(stdout);
    expect(error.code).toBe('FOOTHOLD_DISK');
    expect(error.message).toMatch(reason);
    expect(error.message).toMatch(
      /Training stopped after step \d\. Safe is checkpoint step-\d; what came after it is made/,
    );
    expect(whole.length).toBeGreaterThan(1);
    expect(damages).toEqual(whole.map(() => null));
    expect({ same, left, finished }).toEqual({ same: true, left: [], finished: true });
  },
  60_000,
);
