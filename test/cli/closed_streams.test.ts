/** Readers that end early, and output that cannot be written. */
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../bindings/load.js';
import { temporaryFolder } from '../data/helpers.js';
import { writtenRun } from '../train/real_run.js';
import { foothold } from './run.js';

const main = join(packageRoot, 'dist', 'lib', 'cli', 'main.js');

/** Run `foothold …` in a shell that has it as `$FOOTHOLD`, and give the statuses of a pipe's parts. */
function shell(command: string) {
  const env = { ...process.env, FOOTHOLD: main, OMP_NUM_THREADS: '1' };
  const script = `${command}; echo "\${PIPESTATUS[@]}" >&2`;
  const { stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8', env });
  return stderr;
}

async function written(maxSteps: number) {
  const problems = Array.from({ length: 6 }, (_, i) => ({ problem: `${i}=`, target: 'abcdef'[i]! }));
  const settings = { template: 'raw', maxPromptLength: 50, maxCompletionLength: 8, maxSteps, epsilonStd: 0 };
  return writtenRun(problems, settings);
}

it('train goes on to its end when nobody reads what it says', async () => {
  const { file, lines } = await written(6);
  expect(shell(`"$FOOTHOLD" train ${file} 2>&1 | head -1`)).toBe('0 0\n');
  expect(lines('metrics')).toHaveLength(6);
}, 60_000);

it('commands whose reader is gone end without a word', () => {
  expect(shell('"$FOOTHOLD" schema | true')).toBe('0 0\n');
  expect(shell('echo \'{"a":"x","b":"y"}\' | "$FOOTHOLD" score - | true')).toBe('0 0 0\n');
});

it.skipIf(!existsSync('/dev/full'))('output on a full disk is an error (needs /dev/full)', () => {
  const told = 'foothold: Standard output cannot be written: ENOSPC: no space left on device, write.\n1\n';
  expect(shell('"$FOOTHOLD" schema > /dev/full')).toBe(told);
  const pair = join(temporaryFolder(), 'pairs.jsonl');
  writeFileSync(pair, '{"a":"x","b":"y"}\n');
  expect(shell(`"$FOOTHOLD" score ${pair} > /dev/full`)).toBe(told);
});

it('a run is resumed where it is, also after it was moved', async () => {
  const { file, output, folder } = await written(2);
  expect(foothold(['train', file]).status).toBe(0);
  const moved = join(folder, 'moved');
  renameSync(output, moved);
  const { status, stderr } = foothold(['train', moved, '--resume', '--set', 'maxSteps=3']);
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('Finished after 3 steps') });
  expect(stderr).toContain(join(moved, 'model'));
  expect(existsSync(output)).toBe(false);
}, 60_000);
