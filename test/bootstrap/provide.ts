/** Provides LibTorch in a process of its own, from stand-ins for the package index, pip and python. */
import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { packageRoot } from '../../bindings/load.js';
import { temporaryFolder } from './standins.js';

/** What an index serves: wheels by project. */
export type Index = Record<string, { file: string; content: Buffer }>;

/** A local server of package indexes under `/<name>/`. Returns its address and the requests it got, in order. */
export async function serveIndexes(indexes: Record<string, Index>): Promise<{ address: string; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const [, indexName = '', project = '', file = ''] = decodeURIComponent(request.url ?? '').split(/[/?]/);
    requests.push(decodeURIComponent(request.url ?? ''));
    const wheel = indexes[indexName]?.[project];
    if (!wheel) response.writeHead(404).end();
    else if (file === wheel.file) response.end(wheel.content);
    else response.end(`<a href="/${indexName}/${project}/${wheel.file}">${wheel.file}</a>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** A folder for the PATH with these shell scripts as its programs. */
export function programs(scripts: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

const fixtures = join(packageRoot, 'test', 'fixtures', 'bootstrap');

/** The stand-in pip, for `programs`. */
export const fakePip = `exec "${process.execPath}" "${join(fixtures, 'pip.mjs')}" "$@"`;

export interface Outcome {
  status: number | null;
  output: string;
  error: string;
}

/**
 * Provide LibTorch in a process of its own, with this environment and nothing of ours.
 *
 * @param onOutput gets the process and its output so far, whenever there is more
 */
export function provide(
  env: NodeJS.ProcessEnv,
  cpuIndex: string,
  onOutput: (kill: (signal: NodeJS.Signals) => void, output: string) => void = () => {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(fixtures, 'provide.mjs'), cpuIndex], { env });
    let output = '';
    let error = '';
    child.stdout.on('data', (text) => {
      output += text;
      onOutput((signal) => child.kill(signal), output);
    });
    child.stderr.on('data', (text) => {
      error += text;
    });
    child.on('close', (status) => resolve({ status, output, error }));
  });
}
