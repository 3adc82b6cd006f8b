import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../bindings/load.js';
import { foothold } from '../cli/run.js';
import { makeRun } from './make_run.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'foothold-report-'));
  makeRun(join(folder, 'run'), { steps: 3 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('foothold report', () => {
  it('writes report.html into the run directory and prints where', () => {
    const { status, stdout, stderr } = foothold(['report', join(folder, 'run')]);
    const output = join(folder, 'run', 'report.html');
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${output}\n` });
    expect(stderr).toMatch(/^\d+\.\d MB\. Open it in a browser/);
    expect(readFileSync(output, 'utf8')).toMatch(/^<!doctype html>/);
  });

  it.runIf(process.platform === 'linux')('opens it when asked to', async () => {
    const opened = join(folder, 'opened');
    writeFileSync(join(folder, 'xdg-open'), `#!/bin/sh\necho "$1" > ${opened}\n`);
    chmodSync(join(folder, 'xdg-open'), 0o755);
    const output = join(folder, 'out.html');
    foothold(['report', join(folder, 'run'), '--output', output, '--open'], {
      PATH: `${folder}${delimiter}${process.env.PATH}`,
    });
    await expect.poll(() => existsSync(opened) && readFileSync(opened, 'utf8'), { timeout: 5000 }).toBe(`${output}\n`);
  });

  it('says what is no run', () => {
    const { status, stderr } = foothold(['report', folder]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/has no config\.yaml, so it is not a run directory of `foothold train`\.\n$/);
  });
});

describe('foothold watch', () => {
  it('serves the page until it is interrupted', async () => {
    const main = join(packageRoot, 'dist', 'lib', 'cli', 'main.js');
    const child = spawn(process.execPath, [main, 'watch', join(folder, 'run'), '--port', '0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'exit');
    const [url] = (await once(child.stdout!, 'data')) as [Buffer];
    expect(String(url)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/);
    const response = await fetch(String(url).trim());
    expect(await response.text()).toContain('<title>run · Foothold</title>');
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  });

  it('refuses a port that is none', () => {
    expect(foothold(['watch', join(folder, 'run'), '--port=65536'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--port must be a whole number from 0 to 65535.'),
    });
  });
});
