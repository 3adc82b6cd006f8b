/**
 * Finds LibTorch: `LIBTORCH`, then PyTorch if `LIBTORCH_USE_PYTORCH=1`, then Foothold's cache. Fetches nothing.
 * The bootstrap uses this, and so does every start of Foothold: what was built against is what gets loaded.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { readElf } from './elf.mjs';
import { SetupError } from './setup_error.mjs';
import { which } from './which.mjs';

/** The one version that Foothold is built against and loads. */
export const libTorchVersion = '2.13.0';

/** @typedef {'cpu' | 'cuda'} Variant */
/**
 * @typedef {object} LibTorch
 * @property {string} root absolute path of the folder with `lib`, `include` and `share`
 * @property {string} version
 * @property {Variant} variant
 * @property {'LIBTORCH' | 'LIBTORCH_USE_PYTORCH' | 'cache'} source
 */

/**
 * The LibTorch to use, or null when none is there yet.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {LibTorch | null}
 * @throws {SetupError} when the one asked for is incomplete, of another version or of the other variant
 */
export function findLibTorch(env = process.env) {
  const wanted = wantedVariant(env);
  if (env.LIBTORCH) return inspect(resolve(env.LIBTORCH), 'LIBTORCH', wanted);
  if (usesPyTorch(env)) return inspect(pyTorchFolder(env), 'LIBTORCH_USE_PYTORCH', wanted);
  // Unless told, CUDA is preferred where both were fetched: whoever fetched it asked for it.
  const root = (wanted ? [wanted] : /** @type {const} */ (['cuda', 'cpu']))
    .map((variant) => join(cachedFolder(variant, env), 'torch'))
    .find((folder) => existsSync(folder));
  return root ? inspect(root, 'cache', wanted) : null;
}

/**
 * Value of `FOOTHOLD_LIBTORCH`, or undefined when it is not set.
 *
 * @param {NodeJS.ProcessEnv} env @returns {Variant | undefined}
 */
export function wantedVariant(env) {
  const value = env.FOOTHOLD_LIBTORCH;
  if (!value) return undefined;
  if (value === 'cpu' || value === 'cuda') return value;
  throw new SetupError(`FOOTHOLD_LIBTORCH is "${value}"; it can be cpu or cuda.`);
}

/** @param {NodeJS.ProcessEnv} [env] where fetched files are kept */
export function cacheFolder(env = process.env) {
  if (env.FOOTHOLD_CACHE) return resolve(env.FOOTHOLD_CACHE);
  // The XDG specification has relative paths ignored.
  const xdg = env.XDG_CACHE_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'foothold');
}

/** @param {Variant} variant @param {NodeJS.ProcessEnv} [env] folder that holds a fetched `torch` (and `nvidia`) */
export function cachedFolder(variant, env = process.env) {
  return join(cacheFolder(env), `libtorch-${libTorchVersion}-${variant}-${process.platform}-${process.arch}`);
}

/** @param {NodeJS.ProcessEnv} env */
function usesPyTorch(env) {
  const value = env.LIBTORCH_USE_PYTORCH;
  if (!value || value === '0') return false;
  if (value === '1') return true;
  throw new SetupError(`LIBTORCH_USE_PYTORCH is "${value}"; it can be 1 or 0.`);
}

/** @param {NodeJS.ProcessEnv} env folder of the package `torch` of the python on the PATH */
function pyTorchFolder(env) {
  const python = which(['python3', 'python'], env);
  if (!python) throw new SetupError('LIBTORCH_USE_PYTORCH is 1, but there is no python on the PATH.');
  // find_spec does not import torch, which would take seconds.
  const program =
    'import importlib.util as u; s = u.find_spec("torch"); print(s.submodule_search_locations[0] if s else "")';
  const { stdout } = spawnSync(python, ['-c', program], { env, encoding: 'utf8' });
  const folder = stdout?.trim();
  if (folder) return folder;
  throw new SetupError(
    `LIBTORCH_USE_PYTORCH is 1, but ${python} has no PyTorch. Run \`${python} -m pip install torch==${libTorchVersion}\`.`,
  );
}

/**
 * @param {string} root @param {LibTorch['source']} source @param {Variant | undefined} wanted
 * @returns {LibTorch}
 */
function inspect(root, source, wanted) {
  const found = inspectLibTorch(root, source === 'cache' ? 'the cache' : source);
  if (wanted && wanted !== found.variant) {
    throw new SetupError(
      `FOOTHOLD_LIBTORCH asks for ${wanted}, but ${source} gives a ${found.variant} build in ${root}. Change one of the two.`,
    );
  }
  return { root, source, ...found };
}

/**
 * Check that a folder is a whole LibTorch of the right version.
 *
 * @param {string} root @param {string} source who named it, for the message
 * @returns {{ version: string, variant: Variant }}
 */
export function inspectLibTorch(root, source) {
  if (!existsSync(root)) throw new SetupError(`${source} names ${root}, which is not there.`);
  const versionFile = 'share/cmake/Torch/TorchConfigVersion.cmake';
  const needed = [
    ...coreLibraries('cpu').map((name) => `lib/${name}`),
    'include/torch/csrc/api/include/torch/torch.h',
    versionFile,
  ];
  const missing = needed.filter((path) => !existsSync(join(root, path)));
  if (missing.length > 0) {
    throw new SetupError(
      `${root} (from ${source}) is not a whole LibTorch: it lacks ${missing.join(', ')}. ` +
        'It must be a folder with lib, include and share, as in the PyTorch wheel or the LibTorch archive.',
    );
  }
  const version = /PACKAGE_VERSION "([^"]*)"/.exec(readFileSync(join(root, versionFile), 'utf8'))?.[1] ?? 'unknown';
  if (version !== libTorchVersion) {
    throw new SetupError(
      `${root} (from ${source}) is LibTorch ${version}; Foothold needs exactly ${libTorchVersion}. ` +
        `Name another folder, or unset ${source === 'the cache' ? 'FOOTHOLD_CACHE' : source} to have the right one fetched.`,
    );
  }
  return { version, variant: existsSync(join(root, 'lib', libraryFile('torch_cuda'))) ? 'cuda' : 'cpu' };
}

/** @param {string} name */
function libraryFile(name) {
  if (process.platform === 'win32') return `${name}.dll`;
  return `lib${name}.${process.platform === 'darwin' ? 'dylib' : 'so'}`;
}

/** @param {Variant} variant file names in the order in which they have to be opened: each before those that need it */
export function coreLibraries(variant) {
  const names =
    variant === 'cuda' ? ['c10', 'c10_cuda', 'torch_cpu', 'torch_cuda', 'torch'] : ['c10', 'torch_cpu', 'torch'];
  return names.map(libraryFile);
}

/**
 * Absolute paths of the libraries to open, in this order, before foothold_torch is loaded.
 *
 * @param {Pick<LibTorch, 'root' | 'variant'>} libTorch
 */
export function librariesToOpen({ root, variant }) {
  // The OpenMP runtime of the wheel, under its plain or its hashed name.
  const openMp = readdirSync(join(root, 'lib')).filter((name) => /^lib(gomp|omp)\b.*\.(so(\.\d+)*|dylib)$/.test(name));
  return [...openMp, ...coreLibraries(variant)].map((name) => join(root, 'lib', name));
}

/**
 * Names of shared libraries that this LibTorch needs and that are nowhere to be found (Linux only; elsewhere none).
 *
 * @param {Pick<LibTorch, 'root' | 'variant'>} libTorch @param {NodeJS.ProcessEnv} [env]
 * @returns {string[]}
 */
export function missingLibraries(libTorch, env = process.env) {
  if (process.platform !== 'linux') return [];
  const system = systemLibraries(env);
  const missing = new Set();
  const queue = librariesToOpen(libTorch);
  const seen = new Set(queue);
  for (const library of queue) {
    const { needed, runpath } = readElf(library);
    const origin = resolve(library, '..');
    const folders = [
      join(libTorch.root, 'lib'),
      ...runpath.map((folder) => folder.replace(/\$ORIGIN|\$\{ORIGIN\}/, origin)),
    ];
    for (const name of needed) {
      const path = folders.map((folder) => join(folder, name)).find((candidate) => existsSync(candidate));
      if (!path && !system(name)) missing.add(name);
      if (path && !seen.has(path)) queue.push(path);
      if (path) seen.add(path);
    }
  }
  return [...missing].sort();
}

/** @param {NodeJS.ProcessEnv} env @returns {(name: string) => boolean} whether the system's loader finds a library */
function systemLibraries(env) {
  const listed = spawnSync(which(['ldconfig'], { PATH: `/sbin:/usr/sbin:${env.PATH}` }) ?? 'ldconfig', ['-p'], {
    encoding: 'utf8',
  }).stdout;
  const known = new Set((listed ?? '').split('\n').map((line) => line.trim().split(' ')[0]));
  const folders = [...(env.LD_LIBRARY_PATH ?? '').split(':'), '/lib', '/lib64', '/usr/lib', '/usr/lib64'].filter(
    Boolean,
  );
  return (name) => known.has(name) || folders.some((folder) => existsSync(join(folder, name)));
}
