import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Make a folder and those above it; one that is there is left as it is. Node's own recursive mkdir never ends where the
 * system answers "no such file" below a folder that exists, as it does in /proc.
 *
 * @throws the system's error, with its `code`
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (await isFolder(path)) return;
    const above = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === path) throw error;
    // Others may make the same folders at the same time: the one above since the error, this one before us.
    if (!(await isFolder(above))) await makeFolder(above);
    await mkdir(path).catch(async (second: Error) => {
      if (!(await isFolder(path))) throw second;
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}
