/** Downloads wheels with pip: for the platform of this Node, whatever Python the pip belongs to. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { libTorchVersion } from '../../bindings/libtorch/find.mjs';
import { platformName } from '../../bindings/libtorch/platform.mjs';
import { run, SetupError, which } from '../stage.mjs';
import { listZip, unpackZip } from './zip.mjs';

/** PyTorch's own index of CPU builds, as its installation page gives it. */
export const cpuIndex = 'https://download.pytorch.org/whl/cpu';

/** pip takes a platform tag literally, and NVIDIA's wheels bear older ones than PyTorch's. @param {string} machine */
const manylinux = (machine) => [
  ...Array.from({ length: 12 }, (_, i) => `manylinux_2_${28 - i}_${machine}`),
  `manylinux2014_${machine}`,
];

/** Platform tags of the wheels. */
const platforms = /** @type {Record<string, string[]>} */ ({
  'linux-x64': manylinux('x86_64'),
  'linux-arm64': manylinux('aarch64'),
  'darwin-arm64': ['macosx_14_0_arm64', 'macosx_11_0_arm64'],
  'win32-x64': ['win_amd64'],
});

/**
 * Download PyTorch's wheel, and for CUDA the wheels that it depends on, into `folder`.
 *
 * @param {import('../../bindings/libtorch/find.mjs').Variant} variant
 * @param {string} folder empty; pip's temporary files go there too
 * @param {{ env?: NodeJS.ProcessEnv, cpuIndex?: string }} [options]
 * @returns {Promise<string[]>} paths of the wheels
 */
export async function downloadWheels(variant, folder, { env = process.env, cpuIndex: firstIndex = cpuIndex } = {}) {
  const pip = await findPip(env);
  const request = ['download', '--dest', folder, '--no-cache-dir', '--only-binary=:all:', ...targetOptions()];
  const inFolder = { env: { ...env, TMPDIR: folder, PIP_DISABLE_PIP_VERSION_CHECK: '1' } };
  /** @param {string[]} options */
  const download = (options) => run(pip[0], [...pip.slice(1), ...request, ...options], inFolder);
  /** @param {string[]} options */
  const require = async (...options) => {
    const { status, output } = await download(options);
    if (status !== 0) throw new SetupError(pipReason(output));
  };
  if (variant === 'cuda') {
    // `===` keeps out builds with a local version, such as 2.13.0+cpu.
    await require('--no-deps', `torch===${libTorchVersion}`);
    const requirements = await runtimeRequirements(join(folder, readdirSync(folder).find(isWheel) ?? ''));
    if (requirements.length > 0) await require(...requirements);
  } else {
    const torch = ['--no-deps', `torch==${libTorchVersion}`];
    const fromCpuIndex = await download(['--index-url', firstIndex, '--timeout', '10', '--retries', '0', ...torch]);
    if (fromCpuIndex.status !== 0) {
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
      await require(...torch);
    }
  }
  const wheels = readdirSync(folder).filter(isWheel);
  if (!wheels.some((name) => name.startsWith('torch-')))
    throw new SetupError('pip ended well but brought no wheel of torch.');
  return wheels.map((name) => join(folder, name));
}

/** @param {string} name */
const isWheel = (name) => name.endsWith('.whl');

/**
 * What the shared libraries of a CUDA build need: of the wheel's requirements those for NVIDIA's libraries.
 *
 * @param {string} wheel @returns {Promise<string[]>} requirements as pip takes them
 */
async function runtimeRequirements(wheel) {
  const metadata = (await listZip(wheel)).filter(({ name }) => /^[^/]+\.dist-info\/METADATA$/.test(name));
  const folder = dirname(wheel);
  await unpackZip(wheel, metadata, folder);
  return metadata.flatMap(({ name }) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/^Requires-Dist: ((?:nvidia-|cuda-toolkit).*)$/gm)].map(
      (match) => `${match[1]}`.trim(),
    ),
  );
}

function targetOptions() {
  const tags = platforms[platformName()];
  if (!tags) {
    throw new SetupError(
      `PyTorch has no wheel for ${platformName()}. Set LIBTORCH to a LibTorch ${libTorchVersion} of your own.`,
    );
  }
  // LibTorch is the same in the wheels of every Python; one is taken.
  const python = [
    '--python-version',
    '311',
    '--implementation',
    'cp',
    '--abi',
    'cp311',
    '--abi',
    'abi3',
    '--abi',
    'none',
  ];
  return [...tags.flatMap((tag) => ['--platform', tag]), ...python];
}

/** @param {NodeJS.ProcessEnv} env @returns {Promise<[string, ...string[]]>} the command that runs pip */
async function findPip(env) {
  for (const [name, ...args] of [['pip'], ['pip3'], ['python3', '-m', 'pip'], ['python', '-m', 'pip']]) {
    const program = which([`${name}`], env);
    if (!program) continue;
    const { status } = await run(program, [...args, '--version'], { env, quiet: true });
    if (status === 0) return [program, ...args];
  }
  throw new SetupError(
    'fetching LibTorch needs pip, and there is none on the PATH. Install it: `apt install python3-pip`, or set LIBTORCH.',
  );
}

/** @param {string} output of pip; the reason in one line, and what to do */
function pipReason(output) {
  const error = [...output.matchAll(/^ERROR: (.+)$/gm)].at(-1)?.[1] ?? output.trim().split('\n').at(-1);
  if (/No space left on device|ENOSPC/.test(output)) return 'no space left on the disk. Free some and run again.';
  if (
    /NewConnectionError|ConnectTimeout|Name or service not known|ConnectionError|Network is unreachable/.test(output)
  ) {
    return `pip could not reach its package index (${error}). Check the network and \`pip config list\`, or set LIBTORCH.`;
  }
  return `pip could not download torch ${libTorchVersion}: ${error}. Check \`pip config list\`, or set LIBTORCH.`;
}
