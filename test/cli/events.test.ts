/** What scripts read of `foothold`: events, quiet runs, the schema. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configJsonSchema } from '../../lib/config/json_schema.js';
import { writtenRun } from '../train/real_run.js';
import { foothold } from './run.js';

process.env.OMP_NUM_THREADS = '1';
const problems = Array.from({ length: 6 }, (_, i) => ({ problem: `${i}=`, target: 'abcdef'[i]! }));

async function written() {
  const settings = { template: 'raw', maxPromptLength: 50, maxCompletionLength: 8, maxSteps: 2, epsilonStd: 0 };
  return writtenRun(problems, settings);
}

it('train --json writes events to standard output and nothing else', async () => {
  const { file, output, lines } = await written();
  const { status, stdout, stderr } = foothold(['train', file, '--json']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const events = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  const told = events.filter(({ event }) => event !== 'progress');
  expect(told.map(({ event }) => event)).toEqual(['start', 'step', 'step', 'end']);
  expect(told[0]).toMatchObject({ output, resumedFrom: null, config: { seed: 0 } });
  expect(told.slice(1, 3).map(({ metrics }) => metrics)).toEqual(lines('metrics'));
  expect(told[3]).toMatchObject({ outcome: 'finished', step: 2, model: join(output, 'model') });
}, 60_000);

it.each([
  ['a setting', ['--set', 'learningRate=abc'], 'expected a number'],
  ['a model', ['--set', 'model.path=./nowhere'], 'no model folder'],
])('train --json tells of an end before the beginning: %s', async (_, options, message) => {
  const { status, stdout } = foothold(['train', (await written()).file, '--json', ...options]);
  expect(status).toBe(1);
  const end = JSON.parse(stdout.trim().split('\n').at(-1)!);
  expect(end).toMatchObject({ event: 'end', outcome: 'failed', message: expect.stringContaining(message) });
});

it('train --quiet says nothing of a run that goes well, and still says why one fails', async () => {
  const { file } = await written();
  expect(foothold(['train', file, '--quiet'])).toEqual({ status: 0, stdout: '', stderr: '' });
  const again = foothold(['train', file, '--quiet']);
  expect(again).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('holds a run already') });
}, 60_000);

it('schema prints what the package has as a file for editors', () => {
  const { status, stdout } = foothold(['schema']);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual(configJsonSchema());
  expect(readFileSync('dist/foothold.schema.json', 'utf8')).toBe(stdout);
});
