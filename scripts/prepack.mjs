/**
 * Runs before `npm pack` and `npm publish`: puts together what the package consists of. TypeScript is compiled into an
 * empty folder, so that nothing is packed whose source is gone. Prebuilt addons of the sources as they are stay as they
 * are, for a release brings them from the machines of each platform.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { installPackages } from './packages.mjs';
import { platform, prebuild, staleAddons } from './prebuild.mjs';
import { main, packageRoot, stage } from './stage.mjs';
import { compileTypeScript } from './typescript.mjs';

await main(async () => {
  await withLock(join(packageRoot, 'build', '.lock'), async () => {
    await stage('packages', installPackages);
    if (staleAddons([platform]).length > 0) await prebuild();
    rmSync(join(packageRoot, 'dist'), { recursive: true, force: true });
    await stage('TypeScript', compileTypeScript);
  });
  return 0;
});
