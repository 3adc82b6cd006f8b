/** Writing that leaves either the whole file or none, whatever happens to process or machine. */
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Write a file beside its place, sync it and rename it there. */
export async function writeWhole(file: string, content: string): Promise<void> {
  const partial = `${file}.partial`;
  try {
    const handle = await open(partial, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw error;
  }
  await syncPath(dirname(file));
}

/** Sync every file of a flat folder, rename it to its final name and sync that entry too. */
export async function publishFolder(partial: string, final: string): Promise<void> {
  for (const name of await readdir(partial)) await syncPath(join(partial, name));
  await syncPath(partial);
  const old = await moveAside(final);
  await rename(partial, final);
  await syncPath(dirname(final));
  await rm(old, { recursive: true, force: true });
}

/** Delete a folder so that it is never seen half deleted under its name. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(await moveAside(folder), { recursive: true, force: true });
}

/** Rename a folder, if there is one, to what {@link removeRemains} deletes; the new name. */
async function moveAside(folder: string): Promise<string> {
  const aside = join(dirname(folder), `.${basename(folder)}.old`);
  await rm(aside, { recursive: true, force: true });
  await rename(folder, aside).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  return aside;
}

/** Delete what writers that died have left in a folder. */
export async function removeRemains(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^\..+(\.old|\.partial|\.partial-\w+)$|\.partial$/.test(name)) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
