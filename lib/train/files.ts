/** Writing that leaves either the whole file or none, whatever happens to process or machine. */
import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Write a file beside its place, sync it and rename it there. */
export async function writeWhole(file: string, content: string): Promise<void> {
  const partial = `${file}.partial`;
  const handle = await open(partial, 'w');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, file);
  await syncPath(dirname(file));
}

/** Sync every file of a flat folder, rename it to its final name and sync that entry too. */
export async function publishFolder(partial: string, final: string): Promise<void> {
  for (const name of await readdir(partial)) await syncPath(join(partial, name));
  await syncPath(partial);
  await rm(final, { recursive: true, force: true });
  await rename(partial, final);
  await syncPath(dirname(final));
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
