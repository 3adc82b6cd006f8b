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
import { platformName } from './libtorch/platform.mjs';

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
  // Another folder is for builds under test, such as the one with sanitizers (scripts/sanitize.mjs).
  const folder = join(packageRoot, process.env.FOOTHOLD_ADDONS ?? 'build', name);
  try {
    return nodeGypBuild(folder);
  } catch (cause) {
    throw new Error(`The native addon foothold_${name} ${reasonOf(cause as Error)} ${remedy()}`, { cause });
  }
}

function reasonOf({ message }: Error): string {
  if (message.startsWith('No native build was found')) return `is not there for ${platformName()}.`;
  // Of the dynamic loader: "/lib/…/libc.so.6: version `GLIBC_2.34' not found (required by …)".
  const version = /version `([\w.]+)' not found/.exec(message)?.[1];
  if (version) return `was compiled for a newer system than this one: it needs ${version}.`;
  return `cannot be loaded for ${platformName()}: ${message.trim()}.`;
}

/** What makes the addons: the bootstrap in a clone, which has the sources, and `setup` in an installed package. */
function remedy(): string {
  if (existsSync(join(packageRoot, 'tsconfig.json'))) return 'Run `npm run bootstrap`.';
  return 'Compile it here with `npx foothold setup --build`.';
}
