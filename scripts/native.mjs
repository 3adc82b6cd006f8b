/** Builds the native addons with cmake-js when their sources, or the LibTorch they are built against, changed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, freemem } from 'node:os';
import { dirname, join } from 'node:path';
import { packageRoot, run, SetupError, which } from './stage.mjs';

/** Folders whose files go into each addon. */
const sourceFolders = {
  text: ['native/text', 'bindings/text'],
  torch: ['native/io', 'native/model', 'native/rollout', 'native/train', 'bindings/torch'],
};

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
  const binary = join(folder, 'build', 'Release', `foothold_${addon}.node`);
  if (existsSync(binary) && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return 'up to date';

  requireTools();
  begin('compiling');
  rmSync(stamp, { force: true });
  const out = join(folder, 'build');
  const defines = libTorch ? ['--CDFOOTHOLD_TORCH=ON', `--CDCMAKE_PREFIX_PATH=${libTorch.root}`] : [];
  if (sanitize) defines.push('--CDFOOTHOLD_SANITIZE=ON');
  const configure = () => cmakeJs(['configure', '--out', out, ...defines]);
  // A build folder of a moved checkout, another LibTorch or another generator cannot be configured anew: start afresh.
  if (configuredFor(out) !== libTorch?.root) rmSync(out, { recursive: true, force: true });
  let configured = await configure();
  if (configured.status !== 0) {
    rmSync(out, { recursive: true, force: true });
    configured = await configure();
  }
  if (configured.status !== 0)
    throw new SetupError(`foothold_${addon}: CMake failed: ${cmakeReason(configured.output)}`);
  const built = await cmakeJs(['build', '--out', out, '--parallel', String(jobs()), ...defines]);
  if (built.status !== 0) throw new SetupError(`foothold_${addon} did not compile: ${compilerReason(built.output)}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(stamp, fingerprint);
  return 'compiled';
}

/** @param {'text' | 'torch'} addon @param {import('../bindings/libtorch/find.mjs').LibTorch} [libTorch] */
function fingerprintOf(addon, libTorch) {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n`);
  for (const file of ['CMakeLists.txt', ...sourceFolders[addon].flatMap(sourcesIn)]) {
    hash.update(`${file}\n`).update(readFileSync(join(packageRoot, file)));
  }
  if (libTorch) hash.update(`${libTorch.root} ${statSync(join(libTorch.root, 'lib')).mtimeMs}`);
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

/** @param {string[]} args */
function cmakeJs(args) {
  let manifest;
  try {
    manifest = createRequire(join(packageRoot, 'package.json')).resolve('cmake-js/package.json');
  } catch {
    throw new SetupError('compiling needs cmake-js. Run `npm install cmake-js node-addon-api node-api-headers` first.');
  }
  const script = join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin['cmake-js']);
  return run(process.execPath, [script, ...args, '--log-level', 'warn']);
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
