/**
 * `foothold watch`: the page of a run, over HTTP. Three addresses and no other; none of them names a file, so nothing but
 * the run's own five files can be read (see run_files.ts).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { UserError } from '../errors.js';
import { LiveRun, type Reader } from './live_run.js';
import { makePage, type Page } from './page.js';
import { RunData } from './run_data.js';
import { RunFiles } from './run_files.js';

/** Pages that may follow a run at the same time. */
const MAX_READERS = 32;
/** Samples in one answer. */
const MAX_ROWS = 256;

export interface WatchOptions {
  /** Address to listen on. */
  host: string;
  /** 0 for any that is free. */
  port: number;
}

export interface WatchServer {
  url: string;
  close(): Promise<void>;
}

/**
 * Serve the page of a run that goes on, here or elsewhere, or has ended.
 * @throws UserError when it is no run directory, or the address cannot be had
 */
export async function watchRun(path: string, { host, port }: WatchOptions): Promise<WatchServer> {
  const files = await RunFiles.at(path);
  const run = new LiveRun(await RunData.open(files));
  const page = makePage(`${files.name} · Foothold`, 'live');
  const server = createServer((request, response) => {
    answer(request, response, { host, page, run }).catch((error: Error) => {
      if (!response.headersSent) plain(response, 500, error.message);
      else response.destroy();
    });
  });
  await listen(server, host, port);
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${isIP(host) === 6 ? `[${host}]` : host}:${actual}/`,
    close: () => {
      run.close();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? `port ${port} is taken; choose another (--port)` : error.message;
      reject(new UserError(`Cannot listen on ${host}: ${reason}.`));
    });
    server.listen(port, host, resolve);
  });
}

interface Site {
  host: string;
  page: Page;
  run: LiveRun;
}

async function answer(request: IncomingMessage, response: ServerResponse, { host, page, run }: Site): Promise<void> {
  secure(response, page.policy);
  if (!isOurs(request.headers.host, host)) return plain(response, 421, 'This server does not go by that name.');
  if (request.method !== 'GET') return plain(response, 405, 'Only GET is answered.');
  const [address, query] = (request.url ?? '').split('?');
  if (address === '/') {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(page.head + page.tail);
  } else if (address === '/events') {
    await events(response, run);
  } else if (address === '/samples') {
    await samples(response, run.data, new URLSearchParams(query));
  } else {
    plain(response, 404, 'There is nothing here.');
  }
}

function secure(response: ServerResponse, policy: string): void {
  response.setHeader('Content-Security-Policy', `${policy}; frame-ancestors 'none'`);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cache-Control', 'no-store');
}

/**
 * Whether the request was made to a name of ours. A page elsewhere can make its own name lead here (DNS rebinding) and
 * would then be let read; it cannot do so with an address or with `localhost`.
 */
function isOurs(given: string | undefined, host: string): boolean {
  const name = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(given ?? '');
  const bare = (name?.[1] ?? name?.[2] ?? '').toLowerCase();
  return isIP(bare) !== 0 || bare === 'localhost' || (bare !== '' && bare === host.toLowerCase());
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

/** Server-sent events: each one update. A page whose connection broke connects anew and is told everything again. */
async function events(response: ServerResponse, run: LiveRun): Promise<void> {
  if (run.readerCount >= MAX_READERS) return plain(response, 503, `${MAX_READERS} pages are open already.`);
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  const event = (name: string, value: unknown) => response.write(`event: ${name}\ndata: ${JSON.stringify(value)}\n\n`);
  const reader: Reader = {
    send: (update) => event('update', update),
    fail: (error) => void event('failure', error.message),
  };
  response.on('drain', () => run.resume(reader)).on('close', () => run.leave(reader));
  await run.follow(reader);
}

/** `?generation=0&rows=3,4,5`: samples in full, in that order. */
async function samples(response: ServerResponse, data: RunData, query: URLSearchParams): Promise<void> {
  const given = query.get('rows') ?? '';
  const rows = given.split(',').map(Number);
  if (!/^\d+(,\d+)*$/.test(given) || rows.length > MAX_ROWS || rows.some((row) => row >= data.samples.count)) {
    return plain(response, 404, `rows must be up to ${MAX_ROWS} numbers of samples.`);
  }
  // When the file is being written anew, the page is going to hear of it.
  const isSame = query.get('generation') === String(data.generation);
  const texts = isSame ? await data.texts(rows).catch(() => undefined) : undefined;
  if (!texts) return plain(response, 409, 'The run went back to a checkpoint. Ask again.');
  response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(texts));
}
