/** Finds LibTorch, or fetches it into Foothold's cache from PyTorch's wheel. */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { withLock } from '../lock.mjs';
import { SetupError, say } from '../stage.mjs';
import {
  cachedFolder,
  cacheFolder,
  findLibTorch,
  inspectLibTorch,
  libTorchVersion,
  missingLibraries,
  wantedVariant,
} from './find.mjs';
import { downloadWheels } from './pip.mjs';
import { listZip, unpackZip } from './zip.mjs';

/** @typedef {import('./find.mjs').LibTorch} LibTorch */
/** @typedef {import('./find.mjs').Variant} Variant */

/** Bytes on disk that the wheels, and then their unpacked libraries and headers, take at the most. */
const spaceNeeded = { cpu: 1.0 * 2 ** 30, cuda: 7 * 2 ** 30 };

/**
 * @param {typeof import('../stage.mjs').stage} stage
 * @param {{ env?: NodeJS.ProcessEnv, cpuIndex?: string }} [options]
 * @returns {Promise<LibTorch>}
 */
export async function provideLibTorch(stage, options = {}) {
  const env = options.env ?? process.env;
  /** @type {LibTorch | null} */
  let libTorch = null;
  await stage('LibTorch', async (begin) => {
    libTorch = findLibTorch(env);
    if (!libTorch) {
      const variant = wantedVariant(env) ?? 'cpu';
      begin(`fetching ${libTorchVersion} (${variant})`);
      await fetchLibTorch(variant, options);
      libTorch = findLibTorch(env);
    }
    return `${libTorch?.version} (${libTorch?.variant}) from ${libTorch?.source}: ${libTorch?.root}`;
  });
  return /** @type {LibTorch} */ (/** @type {unknown} */ (libTorch));
}

/**
 * Fetch LibTorch into the cache. The finished folder appears there by a rename, so an interrupted fetch leaves at most
 * a folder of parts, which the next one removes.
 *
 * @param {Variant} variant
 * @param {{ env?: NodeJS.ProcessEnv, cpuIndex?: string }} [options]
 */
export async function fetchLibTorch(variant, options = {}) {
  const target = cachedFolder(variant, options.env);
  mkdirSync(cacheFolder(options.env), { recursive: true });
  await withLock(`${target}.lock`, async () => {
    // Another process may have brought it while this one waited.
    if (findLibTorch({ ...(options.env ?? process.env), FOOTHOLD_LIBTORCH: variant })) return;
    removeParts(target);
    requireSpace(dirname(target), spaceNeeded[variant]);
    const parts = mkdtempSync(`${target}.part-`);
    const remove = () => rmSync(parts, { recursive: true, force: true });
    process.once('exit', remove);
    try {
      await assemble(variant, parts, options);
      renameSync(join(parts, 'unpacked'), target);
    } finally {
      process.removeListener('exit', remove);
      remove();
    }
  });
}

/** @param {string} target folders that a fetch which was killed has left */
function removeParts(target) {
  for (const name of readdirSync(dirname(target))) {
    if (name.startsWith(`${basename(target)}.part-`))
      rmSync(join(dirname(target), name), { recursive: true, force: true });
  }
}

/** @param {string} folder @param {number} bytes */
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

/** @param {Variant} variant @param {string} parts @param {{ env?: NodeJS.ProcessEnv, cpuIndex?: string }} options */
async function assemble(variant, parts, options) {
  const downloads = join(parts, 'wheels');
  const unpacked = join(parts, 'unpacked');
  mkdirSync(downloads);
  mkdirSync(unpacked);
  const wheels = await watchSize(downloads, () => downloadWheels(variant, downloads, options));
  if (!wheels.some((path) => basename(path).startsWith('torch-')))
    throw new SetupError('pip brought no wheel of torch.');
  say('  unpacking');
  for (const wheel of wheels) {
    const wanted = basename(wheel).startsWith('torch-') ? /^torch\/(lib|include|share)\// : /^nvidia\/.*\/lib\//;
    const members = (await listZip(wheel)).filter(({ name }) => wanted.test(name));
    requireSpace(
      parts,
      members.reduce((sum, { size }) => sum + size, 0),
    );
    await unpackZip(wheel, members, unpacked);
    rmSync(wheel);
  }
  requireWhole(join(unpacked, 'torch'), variant, options.env);
}

/** @param {string} root @param {Variant} asked @param {NodeJS.ProcessEnv} [env] */
function requireWhole(root, asked, env) {
  const found = inspectLibTorch(root, 'the wheel');
  const missing = missingLibraries({ root, variant: found.variant }, env);
  const lacks = missing.length > 0 ? ` and needs ${missing.join(', ')}, which are not here` : '';
  if (found.variant !== asked) {
    throw new SetupError(
      `the package index gave a ${found.variant} build of LibTorch where a ${asked} build was asked for${lacks}. ` +
        (asked === 'cpu'
          ? 'Set FOOTHOLD_LIBTORCH=cuda to fetch it with its NVIDIA libraries (about 5 GiB), or set LIBTORCH to a CPU build.'
          : 'Set LIBTORCH to a CUDA build, or FOOTHOLD_LIBTORCH=cpu.'),
    );
  }
  if (missing.length > 0) {
    throw new SetupError(
      `LibTorch${lacks.replace(' and', '')}. Install them with the system's packages (\`apt install libgomp1 libstdc++6\`` +
        `${asked === 'cuda' ? '; NVIDIA libraries with CUDA' : ''}), or set LIBTORCH to a LibTorch that has them.`,
    );
  }
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
