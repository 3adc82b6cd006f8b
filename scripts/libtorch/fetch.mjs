/** Fetches LibTorch into Foothold's cache from PyTorch's wheel. */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  cachedFolder,
  cacheFolder,
  findLibTorch,
  inspectLibTorch,
  missingLibraries,
  wantedVariant,
} from '../../bindings/libtorch/find.mjs';
import { withLock } from '../lock.mjs';
import { SetupError, say } from '../stage.mjs';
import { downloadWheels } from './pip.mjs';
import { listZip, unpackZip } from './zip.mjs';

/** @typedef {import('../../bindings/libtorch/find.mjs').LibTorch} LibTorch */
/** @typedef {import('../../bindings/libtorch/find.mjs').Variant} Variant */

/** Bytes on disk that the wheels, and then their unpacked libraries and headers, take at the most. */
const spaceNeeded = { cpu: 1 * 2 ** 30, cuda: 7 * 2 ** 30 };

/** Folders in the cache in which a LibTorch is put together begin with this. */
const partsPrefix = 'libtorch.part-';

/**
 * Fetch the variant that `FOOTHOLD_LIBTORCH` names, else the CPU build. The finished folder appears in the cache by a
 * rename, so a fetch that is cut off leaves at most a folder of parts, which the next one removes.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {{ cpuIndex?: string }} [options]
 * @returns {Promise<LibTorch>}
 */
export async function fetchLibTorch(env, options) {
  const cache = cacheFolder(env);
  mkdirSync(cache, { recursive: true });
  return withLock(join(cache, 'libtorch.lock'), async () => {
    const brought = findLibTorch(env); // by another process, while this one waited
    if (brought) return brought;
    const wanted = wantedVariant(env);
    removeParts(cache);
    requireSpace(cache, spaceNeeded[wanted ?? 'cpu']);
    const parts = mkdtempSync(join(cache, partsPrefix));
    const remove = () => rmSync(parts, { recursive: true, force: true });
    process.once('exit', remove);
    try {
      const unpacked = await assemble(wanted ?? 'cpu', parts, { env, ...options });
      const { version, variant } = checkWhole(join(unpacked, 'torch'), wanted, env);
      const target = cachedFolder(variant, env);
      renameSync(unpacked, target);
      return { root: join(target, 'torch'), version, variant, source: 'cache' };
    } finally {
      process.removeListener('exit', remove);
      remove();
    }
  });
}

/** @param {string} cache remove what fetches that were killed have left in it */
function removeParts(cache) {
  for (const name of readdirSync(cache).filter((entry) => entry.startsWith(partsPrefix))) {
    rmSync(join(cache, name), { recursive: true, force: true });
  }
}

/** @param {string} folder @param {number} bytes @throws {SetupError} when the folder's disk has not that much free */
export function requireSpace(folder, bytes) {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= bytes) return;
  /** @param {number} n */
  const gib = (n) => `${(n / 2 ** 30).toFixed(1)} GiB`;
  throw new SetupError(
    `no space: LibTorch needs ${gib(bytes)} in ${folder}, and ${gib(bavail * bsize)} are free. ` +
      'Free some, or set FOOTHOLD_CACHE to a folder on another disk.',
  );
}

/**
 * Download the wheels and unpack what is wanted of them side by side, where their libraries look for one another.
 *
 * @param {Variant} variant @param {string} parts @param {{ env: NodeJS.ProcessEnv, cpuIndex?: string }} options
 * @returns {Promise<string>} folder that holds `torch`, and for CUDA `nvidia`
 */
async function assemble(variant, parts, options) {
  const downloads = join(parts, 'wheels');
  const unpacked = join(parts, 'unpacked');
  mkdirSync(downloads);
  mkdirSync(unpacked);
  const wheels = await watchSize(downloads, () => downloadWheels(variant, downloads, options));
  say('  unpacking');
  for (const wheel of wheels) {
    const wanted = basename(wheel).startsWith('torch-') ? /^torch\/(lib|include|share)\// : /^nvidia\/.*\/lib\//;
    const members = (await listZip(wheel)).filter(({ name }) => wanted.test(name));
    const size = members.reduce((sum, member) => sum + member.size, 0);
    requireSpace(parts, size);
    await unpackZip(wheel, members, unpacked);
    rmSync(wheel);
  }
  return unpacked;
}

/**
 * Check that what came is a whole LibTorch, that it is the variant asked for, and that it has all libraries it needs.
 *
 * @param {string} root @param {Variant | undefined} wanted @param {NodeJS.ProcessEnv} env
 */
function checkWhole(root, wanted, env) {
  const found = inspectLibTorch(root, 'the wheel');
  const missing = missingLibraries({ root, variant: found.variant }, env);
  if (wanted && wanted !== found.variant) {
    throw new SetupError(
      `the package index gave the ${found.variant} build of LibTorch, and FOOTHOLD_LIBTORCH asks for ${wanted}. ` +
        `Set FOOTHOLD_LIBTORCH=${found.variant}, or set LIBTORCH to a ${wanted} build.`,
    );
  }
  if (missing.length > 0 && found.variant === 'cuda' && wanted !== 'cuda') {
    throw new SetupError(
      `the package index gave the CUDA build of LibTorch, which needs ${missing.join(', ')}, not found here. ` +
        'Set FOOTHOLD_LIBTORCH=cuda to fetch it with its NVIDIA libraries (2 GB), or set LIBTORCH to a CPU build.',
    );
  }
  if (missing.length > 0) {
    throw new SetupError(
      `LibTorch needs ${missing.join(', ')}, not found here. Install what lacks with the system's packages ` +
        '(`apt install libgomp1 libstdc++6`), or set LIBTORCH to a LibTorch that has it.',
    );
  }
  return found;
}

/**
 * Say how much has been downloaded while `work` runs.
 *
 * @template T @param {string} folder @param {() => Promise<T>} work
 */
async function watchSize(folder, work) {
  let last = 0;
  const timer = setInterval(() => {
    const mebibytes = Math.floor(sizeOf(folder) / 2 ** 20);
    if (mebibytes > last) say(`  ${mebibytes} MiB`);
    last = mebibytes;
  }, 5_000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** @param {string} folder @returns {number} bytes of all files in it */
function sizeOf(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0);
}
