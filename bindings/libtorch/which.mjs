import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Path of the first of these programs that is on the PATH, or undefined.
 *
 * @param {readonly string[]} names @param {NodeJS.ProcessEnv} [env]
 */
export function which(names, env = process.env) {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const name of names) {
    for (const folder of folders) {
      for (const ending of endings) if (existsSync(join(folder, name + ending))) return join(folder, name + ending);
    }
  }
  return undefined;
}
