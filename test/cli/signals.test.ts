/** Ctrl-C and SIGTERM: the status that a shell expects, and nothing half written. */
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { packageRoot } from '../../bindings/load.js';
import { temporaryFolder } from '../data/helpers.js';
import { repositoryOf } from '../eval/swe/helpers.js';
import { realModel, realRun } from '../train/real_run.js';
import { foothold } from './run.js';

const main = join(packageRoot, 'dist', 'lib', 'cli', 'main.js');

/** Start a command, send it a signal as soon as `ready` is true, and return its status as a shell would. */
function signalled(
  args: string[],
  signal: NodeJS.Signals,
  ready: (output: string) => boolean,
  input = '',
): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, OMP_NUM_THREADS: '1' } });
    child.stdin.write(input); // and left open
    let output = '';
    const collect = (data: Buffer) => {
      output += data;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const timer = setInterval(() => {
      if (!ready(output)) return;
      child.kill(signal);
      clearInterval(timer);
    }, 5);
    // Not 'exit', which may come before the last of the output.
    child.on('close', (code, killedBy) => {
      clearInterval(timer); // it may have ended before
      resolve({ status: code ?? 128 + { SIGINT: 2, SIGTERM: 15 }[killedBy as 'SIGINT' | 'SIGTERM'], output });
    });
  });
}

/** JSON lines that take long to read. */
async function manyRows(file: string): Promise<string> {
  const stream = createWriteStream(file);
  const row = { problem: 'p', steps: Array.from({ length: 20 }, (_, i) => ({ text: `${i}`.repeat(100) })) };
  const line = `${JSON.stringify(row)}\n`;
  for (let i = 0; i < 100; i++) stream.write(line.repeat(200));
  stream.end();
  await finished(stream);
  return file;
}

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('prepare leaves no file after %s', async (signal, expected) => {
  const folder = temporaryFolder();
  const input = await manyRows(join(folder, 'rows.jsonl'));
  const out = join(folder, 'out', 'steps.jsonl');
  const begun = () => existsSync(join(folder, 'out')) && readdirSync(join(folder, 'out')).length > 0;
  const { status } = await signalled(['prepare', input, '--out', out], signal, begun);
  expect(status).toBe(expected);
  expect(readdirSync(join(folder, 'out'))).toEqual([]);
});

it('export leaves no file', async () => {
  const folder = temporaryFolder();
  await realModel(join(folder, 'model'), { numLayers: 100 }); // hundreds of tensors take a while
  const out = join(folder, 'out');
  mkdirSync(out);
  const args = ['export', '--model', join(folder, 'model'), '--output', join(out, 'model.gguf')];
  const { status } = await signalled(args, 'SIGINT', () => readdirSync(out).length > 0);
  expect(status).toBe(130);
  expect(readdirSync(out)).toEqual([]);
}, 60_000);

it('score leaves no page', async () => {
  const folder = temporaryFolder();
  const args = ['score', '-', '--html', join(folder, 'page.html')];
  const { status } = await signalled(args, 'SIGINT', () => readdirSync(folder).length > 0, '{"a":"x","b":"y"}\n');
  expect(status).toBe(130);
  expect(readdirSync(folder)).toEqual([]);
});

it('verify has written what it knows', async () => {
  const pair = '{"gold":"1","pred":"1"}\n';
  const { status, output } = await signalled(['verify'], 'SIGINT', (shown) => shown.endsWith('}\n'), pair);
  expect({ status, output }).toEqual({ status: 130, output: '{"equal":true,"gold":"1","pred":"1"}\n' });
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'eval keeps what is done after %s and goes on from there',
  async (signal, expected) => {
    const { folder } = await realRun([{ problem: '1=', target: 'a' }], {});
    const data = join(folder, 'problems.jsonl');
    const problems = Array.from({ length: 12 }, (_, i) => ({ id: `p${i}`, problem: '1=', answer: '2' }));
    writeFileSync(data, problems.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const args = (out: string) => [
      ...['eval', '--model', join(folder, 'model'), '--data', data, '--out', join(folder, out), '--template', 'raw'],
      ...['--max-tokens', '200', '--batch-size', '1', '--temperature', '1'],
    ];
    const stopped = await signalled(args('stopped'), signal, (shown) => shown.includes('2/12'));
    expect(stopped).toMatchObject({ status: expected, output: expect.stringContaining('Give the same command again') });
    expect(foothold(args('stopped')).status).toBe(0);
    expect(foothold(args('whole')).status).toBe(0);
    const items = (out: string) => readFileSync(join(folder, out, 'items.jsonl'), 'utf8');
    expect(items('stopped')).toBe(items('whole'));
  },
  120_000,
);

/** A model that takes texts of many tokens and never ends by itself. */
async function patientModel(): Promise<string> {
  const folder = join(temporaryFolder(), 'model');
  await realModel(folder, { hiddenSize: 64, headDim: 32, numLayers: 8, maxPositions: 100_000 }, []);
  return folder;
}

it.skipIf(!existsSync('/usr/bin/script'))(
  'generate gives its terminal back at once (needs script)',
  async () => {
    const args = ['generate', '--model', await patientModel(), '--prompt', 'a', '--max-tokens', '90000'];
    // `script` reads its terminal for 10 ms after the end of what it ran, too short for a machine under load: the shell
    // outlives the program, and its Ctrl-C.
    const command = `trap : INT; ${[process.execPath, main, ...args].join(' ')}; status=$?; sleep 0.5; exit $status`;
    // A terminal where lines are drawn again, whatever the tests run in: in CI, `generate` leaves the cursor as it is.
    const env = { ...process.env, CI: undefined, TERM: 'xterm', OMP_NUM_THREADS: '1' };
    const child = spawn('script', ['-qec', command, '/dev/null'], { env });
    let output = '';
    let pressed = 0;
    child.stdout.on('data', (data: Buffer) => {
      output += data;
      if (pressed > 0 || !output.includes('sampling')) return;
      pressed = performance.now();
      child.stdin.write('\x03');
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(performance.now() - pressed).toBeLessThan(5000);
    expect(status, output).toBe(130);
    // The cursor is seen again, and nothing of the answer. The terminal sends the signal first and echoes the key then,
    // so that its ^C may stand before or behind what the program writes at its end.
    expect(output.replace('^C', '').slice(-6), JSON.stringify(output)).toBe('\x1b[?25h');
  },
  60_000,
);

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'eval-swe leaves whole lines after %s and goes on from there',
  async (signal, expected) => {
    const model = await patientModel();
    const repos = repositoryOf({ 'calc.py': 'a - b\n' });
    const folder = temporaryFolder();
    const [data, out] = [join(folder, 'issues.jsonl'), join(folder, 'preds.jsonl')];
    const ids = Array.from({ length: 8 }, (_, i) => `own__calc-${i}`);
    const patch = 'diff --git a/calc.py b/calc.py\n--- a/calc.py\n+++ b/calc.py\n@@ -1 +1 @@\n-a - b\n+a + b\n';
    const rows = ids.map((instance_id) => ({ instance_id, problem_statement: 'It subtracts.', patch }));
    writeFileSync(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const inputs = ['--model', model, '--data', data, '--repos', repos];
    const args = ['eval-swe', ...inputs, '--out', out, '--max-completion-length', '200'];
    const written = () =>
      readFileSync(out, 'utf8')
        .split(/(?<=\n)/)
        .map((line) => JSON.parse(line).instance_id);

    const { status, output } = await signalled(args, signal, (shown) => shown.includes('2/8'));
    expect(status, output).toBe(expected);
    const done = written();
    expect(done.length).toBeGreaterThanOrEqual(2);
    expect(done.length).toBeLessThan(ids.length);
    expect(readFileSync(out, 'utf8').endsWith('\n')).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['issues.jsonl', 'preds.details.jsonl', 'preds.jsonl']);
    expect(foothold(args).status).toBe(0);
    expect(written()).toEqual(ids);
  },
  120_000,
);
