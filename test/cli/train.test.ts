import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { realRun, writtenRun } from '../train/real_run.js';
import { tinyRun } from '../train/tiny_run.js';
import { foothold } from './run.js';

/** A tiny run with its configuration in a file. */
async function written(overrides: object = {}) {
  const run = await tinyRun(['a', 'b', 'a long one that does not fit', 'c', 'd'], { ...overrides });
  const file = join(run.folder, 'run.yaml');
  writeFileSync(file, stringify(run.config));
  return { ...run, file };
}

describe('foothold train --dry-run', () => {
  it('shows three prompts as the model sees them, lengths, what is dropped and the tokens of a step', async () => {
    const { file } = await written();
    const { status, stdout, stderr } = foothold(['train', file, '--dry-run']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/5 rows of format instances, 5 kept/);
    expect(stdout).toMatch(/5 instances to train on, 0 held out, 4 steps/);
    expect(stdout).toMatch(/prompts: \d+ to \d+ tokens, median \d+ \(5 measured\)/);
    expect(stdout).toMatch(/longer than maxPromptLength: 0 of 5/);
    expect(stdout).toMatch(/tokens in a step: at most 960/); // 2 × (400 + 4 × 20)
    expect(stdout.match(/^--- p\d.* tokens/gm)).toHaveLength(3);
    expect(stdout.match(/Problem \d/g)).toHaveLength(3);
  });

  it('counts prompts that are too long, and leaves nothing behind', async () => {
    const { file, output } = await written();
    const { stdout } = foothold(['train', file, '--dry-run', '--set', 'maxPromptLength=5']);
    expect(stdout).toMatch(/longer than maxPromptLength: 5 of 5 \(100.0 %\)/);
    expect(stdout).toContain('WARNING: no prompt fits, so nothing can be trained on. Raise maxPromptLength.');
    expect(foothold(['train', output, '--resume']).stderr).toContain('Cannot read the configuration');
  });
});

it('--dry-run --sample lets the model answer, and counts what breaks the format', async () => {
  const settings = { template: 'raw', maxPromptLength: 50, maxCompletionLength: 8, maxSteps: 2 };
  const { file, output } = await writtenRun([{ problem: '1=', target: 'a' }], settings);
  const { status, stdout } = foothold(['train', file, '--dry-run', '--sample'], { OMP_NUM_THREADS: '1' });
  expect(status).toBe(0);
  expect(stdout).toMatch(/Sample of \d+ completions by the model as it is:\n {2}malformed \(reward -1\): 100.0 % \(/);
  expect(stdout).toContain(
    'WARNING: almost nothing follows the format. Raise maxCompletionLength, change the template',
  );
  expect(existsSync(output)).toBe(false);
}, 60_000);

it('waits for a reward from a module, when there is nothing else to wait for', async () => {
  const settings = { template: 'raw', maxPromptLength: 50, maxCompletionLength: 8, maxSteps: 2, formatRule: 'lenient' };
  const { config, folder, lines } = await realRun([{ problem: '1=', target: 'a' }], settings);
  const [file, reward] = [join(folder, 'run.yaml'), join(folder, 'slow.mjs')];
  const wait = 'await new Promise((resolve) => setTimeout(resolve, 50));';
  writeFileSync(reward, `export default async ({ action }) => { ${wait} return action.length / 10; };`);
  writeFileSync(file, stringify({ ...config, rewards: [reward] }));
  const { status, stderr } = foothold(['train', file], { OMP_NUM_THREADS: '1' });
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('Finished after 2 steps') });
  expect(lines('metrics')).toHaveLength(2);
}, 60_000);

describe('foothold train refuses', () => {
  it('what is wrong in the file, by file and line', async () => {
    const { file } = await written({ lossType: 'gropo' });
    const { status, stderr } = foothold(['train', file]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/run\.yaml:\d+: lossType: expected one of grpo, dapo, drGrpo, gspo; got "gropo"/);
  });

  it('--sample alone and a bad --set as wrong usage', async () => {
    const { file } = await written();
    expect(foothold(['train', file, '--sample'])).toMatchObject({ status: 2 });
    expect(foothold(['train', file, '--set', 'maxSteps'])).toMatchObject({ status: 2 });
  });

  it('a folder, saying what to do with it', async () => {
    const { folder, output } = await written();
    expect(foothold(['train', folder]).stderr).toContain('is a folder without config.yaml');
    mkdirSync(output);
    writeFileSync(join(output, 'config.yaml'), '');
    expect(foothold(['train', output]).stderr).toContain('add --resume');
  });
});
