/** Finds LibTorch at run time, puts it into the process by absolute path, and loads the addon that needs it. */
import { readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { UserError } from './errors.js';
import {
  coreLibraries,
  findLibTorch as find,
  type LibTorch,
  librariesToOpen,
  libTorchVersion,
  missingLibraries,
} from './libtorch/find.mjs';
import { loadAddon } from './load.js';

export { type LibTorch, missingLibraries };

/** What to do when `findLibTorch` gives null. */
export const libTorchIsMissing =
  `LibTorch ${libTorchVersion} is not there. Fetch it with \`npm run bootstrap\` (in a checkout) or \`npx foothold setup\` ` +
  '(an installed package), or set LIBTORCH to a folder that has it.';

/**
 * Where LibTorch is: `LIBTORCH`, the PyTorch of `LIBTORCH_USE_PYTORCH=1`, or Foothold's cache, in this order. Null when
 * none of them has it.
 *
 * @throws UserError when the one named is incomplete, of another version, or not of the variant `FOOTHOLD_LIBTORCH`.
 */
export function findLibTorch(): LibTorch | null {
  try {
    return find();
  } catch (cause) {
    throw new UserError((cause as Error).message, 'FOOTHOLD_LIBTORCH', { cause });
  }
}

let torchAddon: unknown;

/**
 * The addon foothold_torch, loaded at the first call.
 *
 * @throws UserError that says what to do when LibTorch is missing or cannot be opened.
 */
export function loadTorchAddon(): unknown {
  torchAddon ??= openTorchAddon();
  return torchAddon;
}

/**
 * Settings that the libraries read when they are opened; those already set are left alone.
 *
 * OpenMP's threads spin for long before they sleep, which on a machine that is also busy with other work makes every small
 * parallel loop wait for a thread that does not run: sampling was seen 30 times slower. A short spin costs nothing on an
 * idle machine.
 *
 * oneDNN compiles a product anew for every number of rows and keeps 1,024 of them, half a megabyte each, in two caches:
 * a run whose batches differ in length grows for hundreds of steps. 256 hold what sampling 48 rows comes back to.
 */
function tuneLibraries(): void {
  if (!process.env.OMP_WAIT_POLICY) process.env.GOMP_SPINCOUNT ??= '1000';
  process.env.ONEDNN_PRIMITIVE_CACHE_CAPACITY ??= '256';
  process.env.LRU_CACHE_CAPACITY ??= '256';
}

/**
 * Refuse to go on where another LibTorch is in the process already, as another addon may bring it: the system's loader
 * knows libraries by their bare names, and would give foothold_torch some of one and some of the other.
 *
 * @throws UserError that names both
 */
function refuseAnother({ root, variant }: LibTorch): void {
  if (process.platform !== 'linux') return;
  const ours = new Map(coreLibraries(variant).map((name) => [name, realpathSync(join(root, 'lib', name))]));
  // Each line of the file ends with the path of the file that is mapped, if one is.
  const mapped = readFileSync('/proc/self/maps', 'utf8').match(/\/.*$/gm) ?? [];
  const other = mapped.find((path) => ours.has(basename(path)) && ours.get(basename(path)) !== path);
  if (!other) return;
  throw new UserError(
    `This process has opened another LibTorch already (${other}), and ${root} cannot be used beside it. ` +
      'Run Foothold in a process of its own (node:child_process), or set LIBTORCH so that both use the same one.',
    'FOOTHOLD_LIBTORCH',
  );
}

function openTorchAddon(): unknown {
  const libTorch = findLibTorch();
  if (!libTorch) throw new UserError(libTorchIsMissing, 'FOOTHOLD_LIBTORCH');
  refuseAnother(libTorch);
  tuneLibraries();
  const { openLibraries } = loadAddon('text') as { openLibraries(paths: string[]): void };
  try {
    openLibraries(librariesToOpen(libTorch));
  } catch (cause) {
    throw new UserError(
      `LibTorch in ${libTorch.root} cannot be opened: ${(cause as Error).message}. ` +
        'Run `npx foothold doctor` to see what it lacks.',
      'FOOTHOLD_LIBTORCH',
      { cause },
    );
  }
  const addon = loadAddon('torch') as { stopWorkers(): void };
  // `process.exit` destroys what LibTorch keeps: a call that still ran would end the process with a segmentation fault.
  if (isMainThread) process.once('exit', () => addon.stopWorkers());
  return addon;
}
