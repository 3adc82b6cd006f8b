/**
 * Makes a fresh clone ready: npm packages, LibTorch, the native addons, TypeScript. What is up to date is left alone.
 * Run by `npm start` and `npm test`; alone: `npm run bootstrap`.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideLibTorch } from './libtorch/provide.mjs';
import { withLock } from './lock.mjs';
import { buildAddon } from './native.mjs';
import { installPackages } from './packages.mjs';
import { main, packageRoot, stage } from './stage.mjs';
import { compileTypeScript } from './typescript.mjs';

export async function bootstrap() {
  await withLock(join(packageRoot, 'build', '.lock'), async () => {
    await stage('packages', installPackages);
    await stage('text addon', (begin) => buildAddon('text', begin));
    const libTorch = await provideLibTorch(stage);
    await stage('torch addon', (begin) => buildAddon('torch', begin, libTorch));
    await stage('TypeScript', compileTypeScript);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await bootstrap();
    return 0;
  });
}
