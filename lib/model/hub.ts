/** Models by their id on the hub: taken from the shared cache, or downloaded into it. */

import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { HUB_URL, type ListFileEntry, listFiles, modelInfo } from '@huggingface/hub';
import { UserError } from '../errors.js';
import { makeFolder } from '../make_folder.js';
import { CachedModel, OPTIONAL_FILES, REQUIRED_FILES } from './hub_cache.js';
import { downloadBlob } from './hub_download.js';
import { explainHubError, isUnreachable } from './hub_errors.js';
import { parseJsonObject } from './json_file.js';
import { INDEX_FILE, isFile, readIndex, SINGLE_FILE } from './weights.js';

export interface DownloadProgress {
  /** File under way. */
  file: string;
  /** Bytes of all files. */
  received: number;
  total: number;
}

export interface HubOptions {
  /** Branch, tag or commit; `main` when left out. */
  revision?: string;
  /** Use the cache only. `HF_HUB_OFFLINE=1` does the same. */
  offline?: boolean;
  onProgress?: (progress: DownloadProgress) => void;
  /** Ends a download; what has come is kept for the next try. */
  signal?: AbortSignal | undefined;
}

/** `name` or `owner/name`. */
export const MODEL_ID = /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/;

/**
 * Folder in the cache with everything of a model that is needed here. A complete cached copy is taken as it is, without
 * asking the network whether the branch has moved on.
 *
 * @throws UserError when it is neither cached nor to be had, with what to do.
 */
export async function hubSnapshot(id: string, options: HubOptions = {}): Promise<string> {
  const revision = checkRevision(options.revision ?? 'main');
  const cached = new CachedModel(id);
  const commit = await cached.commitOf(revision);
  const lacking = commit === null ? null : await cached.lacking(commit);
  if (commit && lacking?.required.length === 0) {
    if (lacking.optional.length === 0 || isOffline(options)) return cached.snapshot(commit);
  }
  if (isOffline(options)) throw notCached(id, revision, cached, lacking?.required ?? null);
  const hub = await connection();
  try {
    const { onProgress = () => {}, signal } = options;
    return await download({ id, revision, cached, hub, onProgress, signal });
  } catch (error) {
    options.signal?.throwIfAborted();
    // Another program has cached all that is needed, but not the note that the model has no further files.
    if (commit && lacking?.required.length === 0 && isUnreachable(error)) return cached.snapshot(commit);
    throw explainHubError(error, { id, revision, endpoint: hub.hubUrl, cache: cached.cache });
  }
}

/** A revision is a path in the cache. */
function checkRevision(revision: string): string {
  if (/^\w[\w.-]*(\/\w[\w.-]*)*$/.test(revision)) return revision;
  throw new UserError(`${JSON.stringify(revision)} is no revision. Give a branch, a tag or a commit.`, 'FOOTHOLD_HUB');
}

interface Connection {
  hubUrl: string;
  accessToken?: string;
}

interface Job {
  id: string;
  revision: string;
  cached: CachedModel;
  hub: Connection;
  onProgress: (progress: DownloadProgress) => void;
  signal: AbortSignal | undefined;
}

function isOffline(options: HubOptions): boolean {
  const set = (name: string) => /^(1|true|yes|on)$/i.test(process.env[name] ?? '');
  return options.offline ?? (set('HF_HUB_OFFLINE') || set('TRANSFORMERS_OFFLINE'));
}

function notCached(id: string, revision: string, { folder }: CachedModel, missing: string[] | null): UserError {
  const what = missing ? `is cached without ${missing.join(', ')}` : 'is not cached';
  return new UserError(
    `The model ${id} (revision ${revision}) ${what} in ${folder}, and downloads are switched off. ` +
      'Unset HF_HUB_OFFLINE to download it, or give the path of a model folder.',
    'FOOTHOLD_HUB',
  );
}

/** `HF_ENDPOINT` and the token of `HF_TOKEN`, of the file `HF_TOKEN_PATH`, or of `huggingface-cli login`. */
async function connection(): Promise<Connection> {
  const hubUrl = (process.env.HF_ENDPOINT || HUB_URL).replace(/\/+$/, '');
  const home = process.env.HF_HOME ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'huggingface');
  const file = process.env.HF_TOKEN_PATH ?? join(home, 'token');
  const token = (process.env.HF_TOKEN || (await readFile(file, 'utf8').catch(() => ''))).trim();
  return token ? { hubUrl, accessToken: token } : { hubUrl };
}

async function download(job: Job): Promise<string> {
  const { id, revision, hub, cached } = job;
  const { sha } = await modelInfo({ name: id, revision, additionalFields: ['sha'], ...hub });
  requireHash(sha, 'commit');
  const entries = new Map<string, ListFileEntry>();
  for await (const entry of listFiles({ repo: id, revision: sha, recursive: true, ...hub }))
    entries.set(entry.path, entry);
  const weights = await weightEntries(job, sha, entries);
  const settings = [...REQUIRED_FILES, ...OPTIONAL_FILES].flatMap((name) => entries.get(name) ?? []);
  for (const name of REQUIRED_FILES) if (!entries.has(name)) throw lacks(id, name, entries);
  await fetchAll(job, sha, [...settings, ...weights]);
  const absent = OPTIONAL_FILES.filter((name) => !entries.has(name));
  await Promise.all(absent.map((name) => write(cached.absence(sha, name), '')));
  if (revision !== sha) await write(cached.ref(revision), sha);
  return cached.snapshot(sha);
}

/** `model.safetensors`, or the index and its shards. The index is small and read at once. */
async function weightEntries(job: Job, sha: string, entries: Map<string, ListFileEntry>): Promise<ListFileEntry[]> {
  const single = entries.get(SINGLE_FILE);
  if (single) return [single];
  const index = entries.get(INDEX_FILE);
  if (!index) throw lacks(job.id, `${SINGLE_FILE} or ${INDEX_FILE}`, entries);
  await fetchAll(job, sha, [index]);
  const file = join(job.cached.snapshot(sha), INDEX_FILE);
  const names = readIndex(parseJsonObject(await readFile(file, 'utf8'), file), file);
  return names.map((name) => {
    const entry = entries.get(name);
    if (!entry) throw lacks(job.id, name, entries);
    return entry;
  });
}

function lacks(id: string, name: string, entries: Map<string, ListFileEntry>): UserError {
  const gguf = [...entries.keys()].find((path) => path.endsWith('.gguf'));
  const hint = gguf ? ` It has GGUF files such as ${gguf}: download one and give its path.` : '';
  return new UserError(`The model ${id} has no ${name} on the hub, so it cannot be used here.${hint}`, 'FOOTHOLD_HUB');
}

async function fetchAll(job: Job, sha: string, entries: readonly ListFileEntry[]): Promise<void> {
  const total = entries.reduce((sum, entry) => sum + entry.size, 0);
  let received = 0;
  for (const entry of entries) {
    job.signal?.throwIfAborted();
    const before = received;
    await fetchFile(job, sha, entry, (bytes) => {
      received += bytes;
      job.onProgress({ file: entry.path, received, total });
    });
    received = before + entry.size;
  }
}

/** Bring one file into the cache: the blob under its hash, then the snapshot's link to it. Each appears whole or not at all. */
async function fetchFile(job: Job, sha: string, entry: ListFileEntry, onBytes: (bytes: number) => void): Promise<void> {
  const { id, hub, cached, signal } = job;
  const link = join(cached.snapshot(sha), entry.path);
  if (await isFile(link)) return;
  const blob = cached.blob(requireHash(entry.lfs?.oid ?? entry.xetHash ?? entry.oid, entry.path));
  if (!(await isFile(blob))) await downloadBlob({ id, commit: sha, entry, hub, signal }, blob, onBytes);
  await makeFolder(dirname(link));
  await rm(link, { force: true });
  await symlink(relative(dirname(link), blob), link).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error; // another process was faster
  });
}

/** Hashes become file names in the cache, so nothing else may come from the server in their place. */
function requireHash(hash: string | undefined, what: string): string {
  if (hash !== undefined && /^[0-9a-f]{40,64}$/.test(hash)) return hash;
  throw new UserError(
    `The hub gave ${JSON.stringify(hash)} as the hash of ${what}. Is HF_ENDPOINT right?`,
    'FOOTHOLD_HUB',
  );
}

async function write(file: string, content: string): Promise<void> {
  await makeFolder(dirname(file));
  await writeFile(file, content);
}
