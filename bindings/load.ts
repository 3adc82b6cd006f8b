/**
 * Finds and loads the two native addons.
 *
 * Compiled locally they lie in `build/<addon>/build/Release`, in a published package in
 * `build/<addon>/prebuilds/<platform>-<arch>`: both are places where node-gyp-build looks.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** Root folder of the foothold package, whether this runs from `bindings/` or from `dist/bindings/`. */
export const packageRoot: string = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'foothold') return folder;
    if (folder === dirname(folder)) throw new Error(`No package.json of foothold above ${start}`);
  }
}

/**
 * Load the addon `text` or `torch`. Loading `torch` needs LibTorch's libraries in the process first: see
 * `loadTorchAddon` in `bindings/libtorch.ts`.
 *
 * @throws Error that says what to run when no binary fits this platform.
 */
export function loadAddon(name: 'text' | 'torch'): unknown {
  const nodeGypBuild = require('node-gyp-build') as (folder: string) => unknown;
  try {
    // Another folder is for builds under test, such as the one with sanitizers (scripts/sanitize.mjs).
    return nodeGypBuild(join(packageRoot, process.env.FOOTHOLD_ADDONS ?? 'build', name));
  } catch (cause) {
    throw new Error(
      `The native addon foothold_${name} could not be loaded for ${process.platform}-${process.arch}. ` +
        `In a checkout run \`npm run bootstrap\`; with an installed package run \`npx foothold setup\`. Reason: ${
          (cause as Error).message
        }`,
      { cause },
    );
  }
}
