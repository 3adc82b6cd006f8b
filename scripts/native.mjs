/** Builds the native addons with cmake-js when their sources, or the LibTorch they are built against, changed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import { provideBuildTools } from './build-tools.mjs';
import { packageRoot, run, SetupError, which } from './stage.mjs';

/** Folders whose files go into each addon. */
const sourceFolders = {
  text: ['native/text', 'bindings/text'],
  torch: ['native/io', 'native/model', 'native/rollout', 'native/train', 'bindings/torch'],
};

/** @param {'text' | 'torch'} addon where the compiled addon lies in `build/<addon>` */
export const binaryOf = (addon) => join('build', 'Release', `foothold_${addon}.node`);

/** A translation unit that includes LibTorch's headers takes about this much memory to compile, in bytes. */
const memoryPerJob = 2 * 2 ** 30;

/**
 * @param {'text' | 'torch'} addon
 * @param {(what: string) => void} begin
 * @param {import('../bindings/libtorch/find.mjs').LibTorch} [libTorch] needed by `torch`
 * @param {boolean} [sanitize] build with sanitizers, under `build/sanitize`
 * @returns {Promise<string>} note for the stage
 */
export async function buildAddon(addon, begin, libTorch, sanitize = false) {
  const folder = join(packageRoot, sanitize ? 'build/sanitize' : 'build', addon);
  const stamp = join(folder, 'fingerprint');
  const fingerprint = fingerprintOf(addon, libTorch);
  const compiled = existsSync(join(folder, binaryOf(addon)));
  if (compiled && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return 'up to date';

  requireTools();
  const tools = await provideBuildTools(begin);
  begin('compiling');
  rmSync(stamp, { force: true });
  const defines = libTorch ? ['--CDFOOTHOLD_TORCH=ON', `--CDCMAKE_PREFIX_PATH=${libTorch.root}`] : [];
  if (sanitize) defines.push('--CDFOOTHOLD_SANITIZE=ON');
  if (process.platform === 'win32') defines.push('--toolset', 'ClangCL');
  const out = join(folder, 'build');
  // A build folder of another LibTorch cannot be configured anew: start afresh.
  if (configuredFor(out) !== libTorch?.root) rmSync(out, { recursive: true, force: true });
  await compile(`foothold_${addon}`, out, ['--out', out, ...defines], tools);
  mkdirSync(folder, { recursive: true });
  writeFileSync(stamp, fingerprint);
  return 'compiled';
}

/**
 * @param {string} title @param {string} out build folder @param {string[]} options of cmake-js
 * @param {import('./build-tools.mjs').BuildTools} tools
 */
async function compile(title, out, options, { script, modules }) {
  /** @param {string} command @param {string[]} more */
  const cmakeJs = (command, ...more) =>
    run(process.execPath, [script, command, ...options, ...more, '--log-level', 'warn'], {
      // cmake-js looks for node-addon-api from our folder only; this lets it find the one beside itself.
      env: { ...process.env, NODE_PATH: modules },
    });
  let configured = await cmakeJs('configure');
  if (configured.status !== 0) {
    // The build folder may be one of a moved checkout or of another generator.
    rmSync(out, { recursive: true, force: true });
    configured = await cmakeJs('configure');
  }
  if (configured.status !== 0) throw new SetupError(`${title}: CMake failed: ${cmakeReason(configured.output)}`);
  const built = await cmakeJs('build', '--parallel', String(jobs()));
  if (built.status !== 0) throw new SetupError(`${title} did not compile: ${compilerReason(built.output)}`);
}

/** @param {'text' | 'torch'} addon @param {import('../bindings/libtorch/find.mjs').LibTorch} [libTorch] */
function fingerprintOf(addon, libTorch) {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n${hashSources(addon)}`);
  if (libTorch) hash.update(`${libTorch.root} ${statSync(join(libTorch.root, 'lib')).mtimeMs}`);
  return hash.digest('hex');
}

/**
 * @param {'text' | 'torch'} addon
 * @returns {string} hash of all that an addon is compiled from, the same on every platform
 */
export function hashSources(addon) {
  const hash = createHash('sha256');
  for (const file of ['CMakeLists.txt', ...sourceFolders[addon].flatMap(sourcesIn)]) {
    // A checkout on Windows may have other line ends.
    hash.update(`${file}\n`).update(readFileSync(join(packageRoot, file), 'utf8').replaceAll('\r\n', '\n'));
  }
  return hash.digest('hex');
}

/** @param {string} folder */
function sourcesIn(folder) {
  const path = join(packageRoot, folder);
  const names = existsSync(path) ? readdirSync(path).sort() : [];
  return names.filter((name) => /\.(cc|h)$/.test(name)).map((name) => `${folder}/${name}`);
}

/** @param {string} out @returns {string | undefined} the LibTorch that a build folder was configured for */
function configuredFor(out) {
  const cache = join(out, 'CMakeCache.txt');
  return existsSync(cache) ? /^CMAKE_PREFIX_PATH:\w+=(.+)$/m.exec(readFileSync(cache, 'utf8'))?.[1] : undefined;
}

/** @param {NodeJS.ProcessEnv} [env] */
export function requireTools(env = process.env) {
  const compilers = env.CXX ? [env.CXX] : ['c++', 'g++', 'clang++'];
  if (process.platform !== 'win32') {
    if (!(env.CXX && existsSync(env.CXX)) && !which(compilers, env)) {
      throw new SetupError(
        `no C++ compiler (looked for ${compilers.join(', ')}). Install one (\`apt install g++\`), or point CXX to it.`,
      );
    }
    if (!which(['ninja', 'make'], env)) {
      throw new SetupError('neither ninja nor make on the PATH. Install one: `apt install make`.');
    }
  }
  if (!which(['cmake'], env)) throw new SetupError('no cmake on the PATH. Install it: `apt install cmake`.');
}

function jobs() {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / memoryPerJob)));
}

/** @param {string} output */
function cmakeReason(output) {
  const at = output.indexOf('CMake Error');
  return at < 0 ? lastLine(output) : output.slice(at).split('\n').slice(0, 3).join(' ').replace(/\s+/g, ' ').trim();
}

/** @param {string} output */
export function compilerReason(output) {
  if (/No space left on device/.test(output)) return 'no space left on the disk. Free some and run again.';
  if (/Killed signal|out of memory|cannot allocate memory/i.test(output)) {
    return 'the compiler ran out of memory. Close other programs and run again: what is compiled is kept.';
  }
  return /^.*\b(?:error|Error):? .*$/m.exec(output)?.[0].trim() ?? lastLine(output);
}

/** @param {string} output */
const lastLine = (output) => output.trim().split('\n').at(-1) ?? '';
