/** Compiles TypeScript to dist/; the compiler's own incremental state decides what there is to do. */
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
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
  const cli = join(packageRoot, 'dist', 'lib', 'cli', 'main.js');
  chmodSync(cli, 0o755);
  // Editors of YAML files find the schema at a path in the package.
  const schema = execFileSync(process.execPath, [cli, 'schema']);
  writeFileSync(join(packageRoot, 'dist', 'foothold.schema.json'), schema);
  return 'compiled';
}
