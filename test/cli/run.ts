import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../bindings/load.js';

const main = join(packageRoot, 'dist', 'lib', 'cli', 'main.js');

/** Run the compiled `foothold` with these arguments and standard input, as its shebang does. */
export function foothold(args: readonly string[], env: NodeJS.ProcessEnv = {}, input = '') {
  if (!existsSync(main)) throw new Error('dist/ is not built: run `npm run bootstrap` first.');
  const { status, stdout, stderr } = spawnSync(main, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    input,
    maxBuffer: 1 << 26,
  });
  return { status, stdout, stderr };
}
