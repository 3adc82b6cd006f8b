/** `foothold train` under SIGINT and SIGTERM. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../bindings/load.js';
import { writtenRun } from '../train/real_run.js';
import { foothold } from './run.js';

process.env.OMP_NUM_THREADS = '1';
const main = join(packageRoot, 'dist', 'lib', 'cli', 'main.js');
const problems = Array.from({ length: 12 }, (_, i) => ({ problem: `${i % 6}=`, target: 'abcdef'[i % 6]! }));
const settings = {
  template: 'raw',
  maxPromptLength: 50,
  maxCompletionLength: 24,
  maxSteps: 30,
  epsilonStd: 0,
  saveSteps: 0,
};

const written = () => writtenRun(problems, settings);

/** Start a run and send the signals one after the other once its third step is shown. */
function interrupted(file: string, signals: NodeJS.Signals[]): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, 'train', file]);
    let stderr = '';
    const left = [...signals];
    child.stderr.on('data', (data: Buffer) => {
      stderr += data;
      const sent = signals.length - left.length;
      if (left.length > 0 && stderr.includes('step 3/') && stderr.split('Once more').length > sent) {
        child.kill(left.shift());
      }
    });
    child.on('close', (code) => resolve({ code, stderr }));
  });
}

const weights = (output: string) => readFileSync(join(output, 'model', 'model.safetensors'));

it('Ctrl-C finishes the step, saves, says how to go on, and the run goes on as if nothing had been', async () => {
  const whole = await written();
  expect(foothold(['train', whole.file]).status).toBe(0);

  const broken = await written();
  const { code, stderr } = await interrupted(broken.file, ['SIGINT']);
  expect(code).toBe(130);
  const saved = /Stopped; step (\d+) is saved\. Go on with: foothold train (.+) --resume/.exec(stderr)!;
  expect(Number(saved[1])).toBeGreaterThanOrEqual(3);
  expect(saved[2]).toBe(broken.output);
  const resumed = foothold(['train', broken.output, '--resume']);
  expect(resumed.status).toBe(0);
  expect(resumed.stderr).toContain('Finished after 30 steps');
  expect(weights(broken.output).equals(weights(whole.output))).toBe(true);
}, 120_000);

it('SIGTERM ends with 143; a second signal gives the step up', async () => {
  const one = await interrupted((await written()).file, ['SIGTERM']);
  expect(one).toMatchObject({ code: 143, stderr: expect.stringContaining('is saved. Go on with') });
  const two = await interrupted((await written()).file, ['SIGINT', 'SIGINT']);
  expect(two).toMatchObject({ code: 130, stderr: expect.stringContaining('is saved. Go on with') });
}, 120_000);
