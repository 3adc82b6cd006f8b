/** Stands between a program and the file system: told of every write by `node:fs/promises` before it is made. */
import { createRequire, syncBuiltinESMExports } from 'node:module';

// The object that both `import … from 'node:fs/promises'` and `require` see.
const fs = createRequire(import.meta.url)('node:fs/promises') as Record<string, Call>;
type Call = (...args: unknown[]) => Promise<unknown>;

/**
 * What becomes of a write: made, made by half, or not made. `stop` is called when it is not to go on.
 */
export interface Verdict {
  half: boolean;
  stop: () => void | never;
}

/** @param judge told of each write; null lets it be made. Returns how to take the watch away. */
export function watchWrites(judge: (operation: string, path: string) => Verdict | null): () => void {
  const original = { ...fs };
  const guard = (operation: string, make: Call, path: unknown, content?: { data: unknown; put: Call }) => {
    const verdict = judge(operation, String(path));
    if (!verdict) return make();
    const half = typeof content?.data === 'string' ? content.data.slice(0, content.data.length / 2) : undefined;
    const partly = verdict.half && half !== undefined ? content!.put(half) : Promise.resolve();
    return partly.then(() => {
      verdict.stop();
    });
  };
  for (const name of ['mkdir', 'mkdtemp', 'rename', 'rm', 'cp', 'truncate']) {
    fs[name] = (...args) => guard(name, () => original[name]!(...args), args[0]);
  }
  for (const name of ['writeFile', 'appendFile']) {
    const put: Call = (...args) => original[name]!(...args);
    fs[name] = (path, data, ...rest) =>
      guard(name, () => put(path, data, ...rest), path, { data, put: (half) => put(path, half, ...rest) });
  }
  fs.open = async (path, flags, ...rest) => {
    if (flags === 'r' || flags === undefined) return original.open!(path, flags, ...rest);
    const handle = await guard('open', () => original.open!(path, flags, ...rest), path);
    return watchHandle(handle as Handle, String(path), guard);
  };
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, original);
    syncBuiltinESMExports();
  };
}

type Handle = Record<'writeFile' | 'appendFile' | 'truncate', Call>;
type Guard = (operation: string, make: Call, path: unknown, content?: { data: unknown; put: Call }) => Promise<unknown>;

function watchHandle(handle: Handle, path: string, guard: Guard): Handle {
  for (const name of ['writeFile', 'appendFile'] as const) {
    const put = handle[name].bind(handle);
    handle[name] = (data) => guard(name, () => put(data), path, { data, put });
  }
  const truncate = handle.truncate.bind(handle);
  handle.truncate = (size) => guard('truncate', () => truncate(size), path);
  return handle;
}
