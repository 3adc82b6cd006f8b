/**
 * A commit of a git repository, read without touching its working tree, and patches against it. Needs the `git` command.
 */
import { isUtf8 } from 'node:buffer';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError } from '../../errors.js';
import type { FileSource } from './edits.js';

const REGULAR_FILE = /^100(644|755)$/;

interface Entry {
  mode: string;
  hash: string;
}

export class Repository implements FileSource {
  private constructor(
    private readonly folder: string,
    readonly commit: string,
    private readonly objects: string,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /**
   * @param folder a checkout, or a bare repository
   * @param commit what names a commit; default the checkout's own
   * @throws UserError when the folder is no repository or has no such commit
   */
  static async open(folder: string, commit = 'HEAD'): Promise<Repository> {
    try {
      const hash = (await git(folder, ['rev-parse', '--verify', '--end-of-options', `${commit}^{commit}`]))
        .toString()
        .trim();
      const objects = (await git(folder, ['rev-parse', '--git-path', 'objects'])).toString().trim();
      const list = (await git(folder, ['ls-tree', '-r', '-z', '--full-tree', hash])).toString('utf8');
      return new Repository(folder, hash, resolve(folder, objects), parseTree(list));
    } catch (error) {
      throw new UserError(`${folder} has no commit ${commit} to read: ${(error as Error).message}`);
    }
  }

  /** Paths of all regular files, sorted as git sorts them. */
  files(): string[] {
    return [...this.entries].filter(([, { mode }]) => REGULAR_FILE.test(mode)).map(([path]) => path);
  }

  async read(path: string): Promise<string | null | undefined> {
    const entry = this.entries.get(path);
    if (entry === undefined) return undefined;
    if (!REGULAR_FILE.test(entry.mode)) return null;
    const bytes = await git(this.folder, ['cat-file', 'blob', entry.hash]);
    return isUtf8(bytes) ? bytes.toString('utf8') : null;
  }

  /**
   * Unified diff from the commit to new contents of some of its files, empty when nothing differs. It is made with an
   * index and an object store of its own, so that the repository stays as it was.
   */
  async diff(files: ReadonlyMap<string, string>): Promise<string> {
    const scratch = await mkdtemp(join(tmpdir(), 'foothold-diff-'));
    const env = {
      GIT_INDEX_FILE: join(scratch, 'index'),
      GIT_OBJECT_DIRECTORY: scratch,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: this.objects,
    };
    try {
      await git(this.folder, ['read-tree', this.commit], { env });
      let index = '';
      for (const [path, content] of files) {
        const hash = (await git(this.folder, ['hash-object', '-w', '--stdin'], { env, input: content }))
          .toString()
          .trim();
        index += `${this.entries.get(path)?.mode ?? '100644'} ${hash}\t${path}\0`;
      }
      await git(this.folder, ['update-index', '-z', '--index-info'], { env, input: index });
      return (await git(this.folder, ['diff-index', '--cached', ...DIFF_OPTIONS, this.commit], { env })).toString(
        'utf8',
      );
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
}

/** The harness wants the plain form, whatever the user's own git prefers. */
const DIFF_OPTIONS = [
  '--patch',
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--no-renames',
  '--full-index',
  '--unified=3',
  '--src-prefix=a/',
  '--dst-prefix=b/',
];

function parseTree(list: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const line of list.split('\0')) {
    const match = /^(\d+) \w+ ([0-9a-f]+)\t([\s\S]*)$/.exec(line);
    if (match !== null) entries.set(match[3]!, { mode: match[1]!, hash: match[2]! });
  }
  return entries;
}

interface GitOptions {
  env?: Record<string, string>;
  input?: string;
}

/** Run git in a folder. @throws Error with git's own message. */
function git(folder: string, args: readonly string[], { env = {}, input = '' }: GitOptions = {}): Promise<Buffer> {
  return new Promise((fulfil, reject) => {
    const child = spawn('git', ['-C', folder, '-c', 'core.quotePath=true', ...args], {
      env: { ...ownEnvironment(), LC_ALL: 'C', ...env },
    });
    const out: Buffer[] = [];
    let problem = '';
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      problem += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) fulfil(Buffer.concat(out));
      else reject(new Error(problem.trim() || `git ${args[0]} ended with status ${status}`));
    });
    child.stdin.on('error', () => {}); // git may end without reading; its status tells
    child.stdin.end(input);
  });
}

/** Ours without git's own variables, which a hook that started us would have set for another repository. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
}
