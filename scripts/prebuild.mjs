/**
 * `npm run prebuild`: compiles both addons and puts them, stripped, where the package has them: node-gyp-build's layout,
 * `build/<addon>/prebuilds/<platform>-<arch>`. They use Node-API 8, so one binary serves every Node from 20.17 on.
 *
 * `--manylinux` fails if a binary needs a newer system than LibTorch's own wheels do; releases are made with it.
 * `--check linux-x64,darwin-arm64` compiles nothing: it fails unless the prebuilt addons of these platforms are there,
 * compiled from the sources that are here.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readElf } from '../bindings/libtorch/elf.mjs';
import { provideLibTorch } from './libtorch/provide.mjs';
import { binaryOf, buildAddon, hashSources } from './native.mjs';
import { main, packageRoot, run, SetupError, stage } from './stage.mjs';

/** Newest symbol versions that manylinux_2_28 allows, the platform of PyTorch's wheels. */
const manylinux = { GLIBC: '2.28', GLIBCXX: '3.4.25', CXXABI: '1.3.11' };

const addons = /** @type {const} */ (['text', 'torch']);

/** Platform and architecture of this Node, as node-gyp-build names its folders. */
export const platform = `${process.platform}-${process.arch}`;

/** @param {'text' | 'torch'} addon @param {string} target */
const folderOf = (addon, target) => join(packageRoot, 'build', addon, 'prebuilds', target);

/** @param {'text' | 'torch'} addon @param {string} target file beside a prebuilt addon with the hash of its sources */
const stampOf = (addon, target) => join(folderOf(addon, target), 'sources.sha256');

/**
 * @param {readonly string[]} targets platforms
 * @returns {string[]} the prebuilt addons that are missing, or compiled from other sources than those that are here
 */
export function staleAddons(targets) {
  const all = targets.flatMap((target) => addons.map((addon) => /** @type {const} */ ([addon, target])));
  return all
    .filter(([addon, target]) => {
      const stamp = stampOf(addon, target);
      return !existsSync(stamp) || readFileSync(stamp, 'utf8') !== hashSources(addon);
    })
    .map(([addon, target]) => `foothold_${addon} for ${target}`);
}

/** @param {{ manylinux?: boolean }} [options] */
export async function prebuild(options = {}) {
  await stage('text addon', (begin) => buildAddon('text', begin));
  const libTorch = await provideLibTorch(stage);
  await stage('torch addon', (begin) => buildAddon('torch', begin, libTorch));
  for (const addon of addons) await stage('prebuilt', () => place(addon, options.manylinux ?? false));
}

/** @param {'text' | 'torch'} addon @param {boolean} strictly @returns {Promise<string>} note for the stage */
async function place(addon, strictly) {
  const folder = folderOf(addon, platform);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // The tag keeps it from Alpine and others whose C library is musl.
  const target = join(folder, `foothold_${addon}${process.platform === 'linux' ? '.glibc' : ''}.node`);
  copyFileSync(join(packageRoot, 'build', addon, binaryOf(addon)), target);
  await strip(target);
  const needs = process.platform === 'linux' ? await requirements(target, strictly) : '';
  writeFileSync(stampOf(addon, platform), hashSources(addon));
  return `foothold_${addon}, ${Math.ceil(statSync(target).size / 1024)} KiB${needs}`;
}

/** @param {string} binary */
async function strip(binary) {
  if (process.platform === 'win32') return; // its symbols lie in a file of their own
  const { status, output } = await run('strip', [process.platform === 'darwin' ? '-x' : '--strip-unneeded', binary]);
  if (status !== 0) throw new SetupError(`strip failed: ${output.trim()}. It comes with the compiler (binutils).`);
}

/**
 * The newest version of each system library's symbols that a binary refers to: what it needs of a system.
 *
 * @param {string} binary @param {boolean} strictly @returns {Promise<string>}
 * @throws {SetupError} when it says where to look for libraries, or `strictly` and it needs more than manylinux_2_28
 */
async function requirements(binary, strictly) {
  const { runpath } = readElf(binary);
  if (runpath.length > 0) throw new SetupError(`${binary} has the run path ${runpath.join(':')}; it must have none.`);
  const { status, output } = await run('objdump', ['-p', binary], { quiet: true });
  if (status !== 0) throw new SetupError(`objdump failed: ${output.trim()}. It comes with the compiler (binutils).`);
  const needed = Object.entries(manylinux).map(([library, allowed]) => {
    const versions = [...output.matchAll(new RegExp(`\\b${library}_([\\d.]+)`, 'g'))].map((match) => `${match[1]}`);
    const newest = versions.sort(compareVersions).at(-1) ?? '0';
    if (strictly && compareVersions(newest, allowed) > 0) {
      throw new SetupError(
        `${binary} needs ${library}_${newest}; manylinux_2_28 has ${allowed}. Build it in that image.`,
      );
    }
    return `${library} ${newest}`;
  });
  return `, needs ${needed.join(', ')}`;
}

/** @param {string} a @param {string} b */
function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); ++i) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({ options: { manylinux: { type: 'boolean' }, check: { type: 'string' } } });
    if (values.check === undefined) {
      await prebuild(values);
      return 0;
    }
    const stale = staleAddons(values.check.split(','));
    if (stale.length > 0) throw new SetupError(`missing, or not of these sources: ${stale.join(', ')}.`);
    return 0;
  });
}
