/**
 * What compiles the addons: cmake-js, with the headers of Node-API. A clone has them among its npm packages; an installed
 * package, which rarely needs them, gets them by npm into Foothold's cache, in the versions that package.json names.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../bindings/libtorch/find.mjs';
import { withLock } from './lock.mjs';
import { npm, npmReason } from './packages.mjs';
import { packageRoot, SetupError } from './stage.mjs';

/**
 * @typedef {object} BuildTools
 * @property {string} script cmake-js's program
 * @property {string} modules the `node_modules` that holds all three packages
 */

const names = /** @type {const} */ (['cmake-js', 'node-addon-api', 'node-api-headers']);

/**
 * @param {(what: string) => void} begin
 * @returns {Promise<BuildTools>}
 * @throws {SetupError} when npm cannot bring them
 */
export async function provideBuildTools(begin) {
  const { devDependencies } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  const wanted = names.map((name) => `${name}@${devDependencies[name]}`);
  const folder = join(cacheFolder(), 'build-tools');
  const there = () => modulesNear(packageRoot, devDependencies) ?? modulesNear(folder, devDependencies);
  const modules =
    there() ?? (await withLock(`${folder}.lock`, async () => there() ?? installInto(folder, wanted, begin)));
  const manifest = join(modules, 'cmake-js', 'package.json');
  return { script: join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin['cmake-js']), modules };
}

/** @param {string} folder @param {string[]} wanted @param {(what: string) => void} begin @returns {Promise<string>} */
async function installInto(folder, wanted, begin) {
  begin(`npm install ${wanted.join(' ')}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const options = ['--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status, output } = await npm(['install', ...options, ...wanted], folder);
  if (status !== 0) throw new SetupError(`${wanted.join(', ')} could not be installed: ${npmReason(output)}`);
  return join(folder, 'node_modules');
}

/**
 * @param {string} folder @param {Record<string, string>} versions
 * @returns {string | undefined} the one `node_modules` from which `folder` gets all three in these versions
 */
function modulesNear(folder, versions) {
  const paths = createRequire(join(folder, 'package.json')).resolve.paths('cmake-js') ?? [];
  return paths.find((modules) =>
    names.every((name) => {
      const manifest = join(modules, name, 'package.json');
      return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === versions[name];
    }),
  );
}
