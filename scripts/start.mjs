/** `npm start`: makes the clone ready, then runs `foothold quickstart`. Further arguments go to the quickstart. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { main, packageRoot } from './stage.mjs';

await main(async () => {
  await bootstrap();
  const cli = join(packageRoot, 'dist', 'lib', 'cli', 'main.js');
  const { status } = spawnSync(process.execPath, [cli, 'quickstart', ...process.argv.slice(2)], { stdio: 'inherit' });
  return status ?? 1;
});
