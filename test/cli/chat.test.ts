/** `foothold chat`, with the quickstart's model: it has no chat template and goes on with sums. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../bindings/load.js';
import { foothold } from './run.js';

const model = join('lib', 'quickstart', 'model');
const chat = ['chat', '--model', model, '--temperature', '0', '--max-tokens', '40', '--device', 'cpu'];
const env = { OMP_NUM_THREADS: '1' };

it('answers the question on standard input', () => {
  const { status, stdout, stderr } = foothold(chat, env, 'a+57 b+83 c+16: 19');
  expect(status, stderr).toBe(0);
  expect(stdout.trim()).not.toBe('');
  expect(foothold(chat, env, 'a+57 b+83 c+16: 19').stdout).toBe(stdout);
});

it.each([
  ['an empty question', [], ' \n', 'Standard input is empty'],
  ['a question longer than the model takes', [], '1'.repeat(2000), 'the model takes fewer than 512'],
  ['--system without a chat template', ['--system', 'Be brief.'], 'a+1', 'has no chat template'],
  ['a share above 1', ['--top-p', '2'], 'a+1', '--top-p takes a number above 0, up to 1'],
])('refuses %s', (_, args, input, message) => {
  const { status, stdout, stderr } = foothold([...chat, ...args], env, input);
  expect(status).not.toBe(0);
  expect(stdout).toBe('');
  expect(stderr).toContain(message);
});

it.skipIf(!existsSync('/usr/bin/script'))('talks in a terminal until Ctrl-D (needs script)', async () => {
  const main = join(packageRoot, 'dist', 'lib', 'cli', 'main.js');
  const child = spawn('script', ['-qec', [process.execPath, main, ...chat].join(' '), '/dev/null'], {
    cwd: packageRoot,
    env: { ...process.env, ...env },
  });
  let output = '';
  const prompts = () => output.split('> ').length - 1;
  const inputs = ['a+57: 19\n', '\n', `${'1'.repeat(600)}\n`, '\x04'];
  child.stdout.on('data', (data: Buffer) => {
    output += data;
    // One input for each prompt; the terminal echoes what is typed, but no prompt.
    while (inputs.length > 0 && prompts() > 4 - inputs.length) child.stdin.write(inputs.shift()!);
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  expect(status, output).toBe(0);
  expect(output).toContain('Ctrl-D leaves');
  expect(output).toContain('the model takes fewer than 512');
  expect(output).not.toMatch(/^\s+at /m); // a stack trace
});
