/** Compiles TypeScript to dist/; the compiler's own incremental state decides what there is to do. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, run, SetupError } from './stage.mjs';

export async function compileTypeScript() {
  const compiler = join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, output } = await run(process.execPath, [compiler, '-p', 'tsconfig.json']);
  if (status !== 0) {
    throw new SetupError(
      `TypeScript does not compile: ${output.split('\n').find((line) => line.includes('error')) ?? output}`,
    );
  }
  // The compiler drops the mode; npx runs this file by its shebang.
  chmodSync(join(packageRoot, 'dist', 'lib', 'cli', 'main.js'), 0o755);
  return 'compiled';
}
