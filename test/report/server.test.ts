/** The server of the live page lets nobody in who should not be: addresses, names, methods, paths. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, request } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WatchServer, watchRun } from '../../lib/report/server.js';
import { makeRun } from './make_run.js';

let folder: string;
let server: WatchServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'foothold-watch-'));
  makeRun(join(folder, 'run'), { steps: 2 });
  writeFileSync(join(folder, 'secret.txt'), 'SECRET');
  writeFileSync(join(folder, 'run', 'notes.txt'), 'SECRET');
  server = await watchRun(join(folder, 'run'), { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A request with its path as it stands: `fetch` would tidy it up. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const { hostname, port } = new URL(server.url);
  return new Promise<{ status: number; body: string; headers: Record<string, unknown> }>((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      response.on('end', () => resolve({ status: response.statusCode!, body, headers: response.headers }));
    });
    sent.on('error', reject).end();
  });
}

describe('watchRun', () => {
  it('serves the page under a policy that lets no code in but its own', async () => {
    const { status, body, headers } = await ask('/');
    expect(status).toBe(200);
    expect(body).toContain('data-source="live"');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('can be reached through the loopback address only', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    const { port } = new URL(server.url);
    for (const { address } of others) {
      const reached = await new Promise((resolve) => {
        get({ hostname: address, port, path: '/' }, () => resolve(true)).on('error', () => resolve(false));
      });
      expect(reached, address).toBe(false);
    }
  });

  it.each([
    ['evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['localhost.evil.example:80', 421],
    ['[', 421],
    ['localhost', 200],
    ['LOCALHOST:7860', 200],
    ['127.0.0.1:1', 200],
    ['[::1]:7860', 200],
  ])('knows its own names (DNS rebinding): %j gets %i', async (host, status) => {
    for (const path of ['/', '/samples?generation=0&rows=0']) expect((await ask(path, { host })).status).toBe(status);
  });

  it.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '//secret.txt',
    '/notes.txt',
    '/config.yaml',
    '/samples.jsonl',
    '/samples/../../secret.txt',
    '/events/..',
    '/./',
    '/%00',
  ])('has no file under %s', async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(404);
    expect(body).not.toContain('SECRET');
  });

  it('answers GET alone', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await ask('/', {}, method)).status).toBe(405);
  });

  it('gives samples by number, and none for numbers that are none', async () => {
    const { status, body } = await ask('/samples?generation=0&rows=3,1');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toHaveLength(2);
    const many = Array.from({ length: 257 }, () => 0).join();
    for (const rows of ['', '-1', '1.5', '16', 'x', '1,,2x', '__proto__', many]) {
      expect((await ask(`/samples?generation=0&rows=${rows}`)).status, rows.slice(0, 20)).toBe(404);
    }
    expect((await ask('/samples?generation=7&rows=1')).status).toBe(409);
  });

  it('says what is wrong with an address that it cannot have', async () => {
    const { port } = new URL(server.url);
    const again = watchRun(join(folder, 'run'), { host: '127.0.0.1', port: Number(port) });
    await expect(again).rejects.toThrow(/port \d+ is taken; choose another \(--port\)/);
    await expect(watchRun(join(folder, 'run'), { host: 'no.such.host.invalid', port: 0 })).rejects.toThrow(
      /Cannot listen on no\.such/,
    );
  });
});
