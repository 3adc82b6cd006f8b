/** What `foothold report` and `foothold watch` do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeReport } from '../report/report.js';
import { watchRun } from '../report/server.js';

const say = (line: string) => process.stderr.write(`${line}\n`);

export async function makeReport(args: { run: string[]; output?: string | undefined; open: boolean }): Promise<void> {
  const output = resolve(args.output ?? join(args.run[0]!, 'report.html'));
  await writeReport(args.run, { output, onWarning: (message) => say(`warning: ${message}`) });
  const megabytes = (statSync(output).size / 1e6).toFixed(1);
  process.stdout.write(`${output}\n`);
  say(`${megabytes} MB. Open it in a browser; it needs no network.`);
  if (args.open) openInBrowser(output);
}

/** Until a signal ends it. */
export async function serveRun(args: { run: string; host: string; port: number; open: boolean }): Promise<void> {
  const server = await watchRun(args.run, args);
  process.stdout.write(`${server.url}\n`);
  if (!isLoopback(args.host)) say(`warning: whoever can reach ${args.host} can read this run; there is no password.`);
  say('Ctrl-C ends it; the run goes on.');
  if (args.open) openInBrowser(server.url);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await server.close();
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** With the system's own opener. A machine without one (or without a screen) keeps the printed path. */
function openInBrowser(target: string): void {
  const [command, ...args] = {
    darwin: ['open', target],
    win32: ['cmd', '/c', 'start', '""', target],
  }[process.platform as string] ?? ['xdg-open', target];
  const child = spawn(command!, args, { stdio: 'ignore', detached: true });
  child.on('error', () => say(`No browser could be started (${command}); open it yourself.`));
  child.unref();
}
