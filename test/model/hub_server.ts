import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A model repository as the hub serves it: one commit, files by path. */
export interface Repository {
  id: string;
  commit: string;
  files: Record<string, Buffer>;
  /** Status with which every request for it is refused. */
  refusal?: number;
  /** Token that it wants. */
  token?: string;
  /** Break the connection off in the middle of this file. */
  breakOff?: string;
  /** Send other bytes for this file. */
  corrupt?: string;
  /** Give this as the hash of every file. */
  oid?: string;
}

/** The parts of the hub's HTTP interface that a download needs. */
export class HubServer {
  /** `METHOD path` of every request so far. */
  readonly requests: string[] = [];
  repositories: Repository[] = [];
  private readonly server: Server = createServer((request, response) => this.answer(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): ServerResponse {
    const path = decodeURIComponent(request.url!.split('?')[0]!);
    this.requests.push(`${request.method} ${path}`);
    const repository = this.repositories.find(({ id }) => path.includes(`/${id}/`));
    if (!repository) return refuse(response, 404);
    const { id, commit, refusal, token } = repository;
    if (refusal) return refuse(response, refusal);
    if (token && request.headers.authorization !== `Bearer ${token}`) return refuse(response, 401);
    const revision = path.match(new RegExp(`^/api/models/${id}/revision/(main|${commit})$`));
    if (revision) return json(response, { _id: 'x', id, sha: commit, lastModified: '2025-01-01' });
    if (path === `/api/models/${id}/tree/${commit}`) return json(response, listing(repository));
    const file = path.match(new RegExp(`^/${id}/resolve/${commit}/(.*)$`))?.[1];
    if (file && repository.files[file]) return send(request, response, repository, file);
    return refuse(response, 404);
  }
}

function listing({ files, oid }: Repository): object[] {
  return Object.entries(files).map(([path, content]) => {
    const size = content.length;
    const gitHash = createHash('sha1').update(`blob ${size}\0`).update(content).digest('hex');
    const lfs = { oid: createHash('sha256').update(content).digest('hex'), size, pointerSize: 130 };
    return { type: 'file', path, size, oid: oid ?? gitHash, ...(path.endsWith('.safetensors') && !oid && { lfs }) };
  });
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  repository: Repository,
  file: string,
): ServerResponse {
  const content = repository.files[file]!;
  const headers = { etag: '"x"', 'content-type': 'application/octet-stream' };
  const [, from, to] = request.headers.range?.match(/^bytes=(\d+)-(\d+)$/) ?? [];
  if (from === undefined) {
    response.writeHead(200, { ...headers, 'content-length': content.length });
  } else {
    response.writeHead(206, { ...headers, 'content-range': `bytes ${from}-${to}/${content.length}` });
  }
  const body = from === undefined ? content : content.subarray(Number(from), Number(to) + 1);
  const sent = repository.corrupt === file ? Buffer.alloc(body.length, '?') : body;
  if (repository.breakOff !== file || body.length < 2) return response.end(sent);
  response.write(sent.subarray(0, sent.length / 2), () => setTimeout(() => response.destroy(), 50));
  return response;
}

function json(response: ServerResponse, value: unknown): ServerResponse {
  return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function refuse(response: ServerResponse, status: number): ServerResponse {
  return response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ error: `refused ${status}` }));
}
