import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireSpace } from '../../scripts/libtorch/fetch.mjs';
import { fakePip, type Index, programs, provide, serveIndexes } from './provide.js';
import { elf, libTorchFiles, temporaryFolder, torchWheel, writeFiles, zip } from './standins.js';

const wheelOf = (content: Buffer): Index => ({ torch: { file: 'torch-2.13.0-cp311-cp311-any.whl', content } });
const cpuWheel = torchWheel(libTorchFiles());
const cudaWheel = torchWheel(libTorchFiles({ cuda: true }), [
  'sympy>=1',
  'nvidia-cudart==13.0; sys_platform == "linux"',
]);
const cudartWheel = zip({
  'nvidia/cu13/lib/libstandin_cudart.so.13': elf([]),
  'nvidia/cu13/include/cuda.h': 'not wanted',
});

/** A cache, the indexes `cpu` and `configured` on a local server, and pip; `fetch` provides LibTorch from them. */
async function world(indexes: { cpu?: Index; configured?: Index }, variables: NodeJS.ProcessEnv = {}) {
  const { address, requests } = await serveIndexes(indexes as Record<string, Index>);
  const cache = temporaryFolder();
  const env = {
    PATH: `${programs({ pip: fakePip })}:/usr/bin:/bin`,
    FOOTHOLD_CACHE: cache,
    FAKE_PIP_INDEX: `${address}/configured`,
    ...variables,
  };
  const target = (variant = 'cpu') => join(cache, `libtorch-2.13.0-${variant}-${process.platform}-${process.arch}`);
  const asked = () => requests.filter((url) => !url.endsWith('.whl')).map((url) => url.replace(/\/\?/, ' '));
  return { cache, env, target, asked, fetch: () => provide(env, `${address}/cpu`), address };
}

describe('fetching LibTorch', () => {
  it('asks PyTorch’s CPU index first, and unpacks lib, include and share alone', async () => {
    const { fetch, asked, target, cache } = await world({ cpu: wheelOf(cpuWheel), configured: wheelOf(cudaWheel) });
    const { status, output, error } = await fetch();
    expect({ status, error }).toEqual({ status: 0, error: '' });
    expect(output).toContain(`2.13.0 (cpu) from cache: ${target()}/torch`);
    expect(asked()).toEqual(['/cpu/torch torch==2.13.0']);
    expect(readdirSync(cache)).toEqual([target().slice(cache.length + 1)]);
    expect(readdirSync(join(target(), 'torch')).sort()).toEqual(['include', 'lib', 'share']);
    const library = join(target(), 'torch', 'lib', 'libtorch.so');
    expect(readFileSync(library)).toEqual(libTorchFiles()['lib/libtorch.so']);
    // The second time it is there.
    expect((await fetch()).output).not.toContain('fetching');
    expect(asked()).toHaveLength(1);
  });

  it('then asks the configured index', async () => {
    const { fetch, asked } = await world({ configured: wheelOf(cpuWheel) });
    expect((await fetch()).status).toBe(0);
    expect(asked()).toEqual(['/cpu/torch torch==2.13.0', '/configured/torch torch==2.13.0']);
  });

  it('brings the CUDA build with the NVIDIA wheels that it requires', async () => {
    const configured = {
      ...wheelOf(cudaWheel),
      'nvidia-cudart': { file: 'nvidia_cudart-13.0.whl', content: cudartWheel },
    };
    const { fetch, asked, target } = await world({ configured }, { FOOTHOLD_LIBTORCH: 'cuda' });
    const { status, error } = await fetch();
    expect({ status, error }).toEqual({ status: 0, error: '' });
    expect(asked()).toEqual([
      '/configured/torch torch===2.13.0',
      '/configured/nvidia-cudart nvidia-cudart==13.0; sys_platform == "linux"',
    ]);
    expect(readdirSync(join(target('cuda'), 'nvidia', 'cu13'))).toEqual(['lib']);
  });

  it('takes a CUDA build whose libraries the system has, unless the CPU build was asked for', async () => {
    const cudart = temporaryFolder();
    writeFiles(cudart, { 'libstandin_cudart.so.13': elf([]) });
    const { fetch, target } = await world({ configured: wheelOf(cudaWheel) }, { LD_LIBRARY_PATH: cudart });
    expect((await fetch()).output).toContain(`2.13.0 (cuda) from cache: ${target('cuda')}/torch`);
    expect((await fetch()).output).not.toContain('fetching');
  });
});

describe('a fetch that fails says why in one line and leaves nothing', () => {
  const cases: [string, Parameters<typeof world>, RegExp][] = [
    ['no index has it', [{}], /^foothold: pip could not download torch 2\.13\.0: No matching .*pip config list.*\n$/],
    [
      'a CUDA build came where a CPU build was asked for',
      [{ configured: wheelOf(cudaWheel) }],
      /gave the CUDA build .* needs libstandin_cudart\.so\.13, .*FOOTHOLD_LIBTORCH=cuda/,
    ],
    [
      'the CUDA build came where FOOTHOLD_LIBTORCH asks for cpu',
      [{ cpu: wheelOf(cudaWheel) }, { FOOTHOLD_LIBTORCH: 'cpu' }],
      /gave the cuda build .* asks for cpu\. Set FOOTHOLD_LIBTORCH=cuda/,
    ],
    [
      'a library is missing',
      [{ cpu: wheelOf(torchWheel({ ...libTorchFiles(), 'lib/libc10.so': elf(['libstandin_x.so.1']) })) }],
      /LibTorch needs libstandin_x\.so\.1, not found here.*apt install/,
    ],
    [
      'a member leads outside the target',
      [{ cpu: wheelOf(zip({ ...libTorchFiles(), 'torch/lib/../../../../escaped': 'x' })) }],
      /holds "torch\/lib\/\.\.\/\.\.\/\.\.\/\.\.\/escaped", which leads outside the target/,
    ],
    ['an absolute member', [{ cpu: wheelOf(zip({ '/torch/lib/x': 'x' })) }], /leads outside the target/],
    [
      'the version is another',
      [{ cpu: wheelOf(torchWheel(libTorchFiles({ version: '2.14.0' }))) }],
      /is LibTorch 2\.14\.0/,
    ],
    ['the wheel is cut off', [{ cpu: wheelOf(cpuWheel.subarray(0, 900)) }], /not a whole zip file/],
    ['a byte is wrong', [{ cpu: wheelOf(flipped(cpuWheel, 'torch/lib/libc10.so')) }], /libc10\.so is damaged/],
    ['there is no pip', [{ cpu: wheelOf(cpuWheel) }, { PATH: '/nowhere' }], /needs pip.*apt install python3-pip/],
  ];
  it.each(cases)('%s', async (_what, input, message) => {
    const { fetch, cache } = await world(...input);
    const { status, error } = await fetch();
    expect(error).toMatch(message);
    expect(error.trim().split('\n')).toHaveLength(1);
    expect(status).toBe(1);
    expect(readdirSync(cache)).toEqual([]);
    expect(existsSync(join(dirname(cache), 'escaped'))).toBe(false);
  });

  it('the disk is full', () => {
    expect(() => requireSpace(temporaryFolder(), 2 ** 60)).toThrow(
      /^no space: LibTorch needs 1073741824\.0 GiB in .*, and .* GiB are free\. .*FOOTHOLD_CACHE/,
    );
  });
});

/** A wheel with one wrong byte in a member's packed data. */
function flipped(content: Buffer, member: string): Buffer {
  const copy = Buffer.from(content);
  const at = copy.indexOf(member) + member.length + 20;
  copy[at] = copy[at]! ^ 0xff;
  return copy;
}

describe('a fetch that is cut off', () => {
  const headers = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`include/h${i}.h`, `${i}`.repeat(500)]));
  const largeWheel = torchWheel({ ...headers, ...libTorchFiles() });

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('by %s in the middle leaves nothing half-made', async (signal) => {
    const { env, address, fetch, cache, target } = await world({ cpu: wheelOf(largeWheel) });
    const { status } = await provide(env, `${address}/cpu`, (kill, output) => {
      if (output.includes('unpacking')) setTimeout(() => kill(signal), 20);
    });
    expect(status).not.toBe(0);
    expect(existsSync(target())).toBe(false);
    if (signal !== 'SIGKILL') expect(readdirSync(cache)).toEqual([]);
    else expect(readdirSync(cache).some((name) => name.includes('.part-'))).toBe(true);
    expect((await fetch()).status).toBe(0);
    expect(readdirSync(cache)).toEqual([target().slice(cache.length + 1)]);
    expect(readdirSync(join(target(), 'torch', 'include'))).toHaveLength(1001);
  });

  it('is not disturbed by another process that fetches at the same time', async () => {
    const { fetch, asked, cache } = await world({ cpu: wheelOf(largeWheel) });
    const outcomes = await Promise.all([fetch(), fetch(), fetch()]);
    expect(outcomes.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(asked()).toHaveLength(1);
    expect(readdirSync(cache)).toHaveLength(1);
  });

  it('may leave a lock of a process that is no more', async () => {
    const { fetch, cache } = await world({ cpu: wheelOf(cpuWheel) });
    writeFileSync(join(cache, 'libtorch.lock'), `4194305 ${hostname()} 0.1`); // beyond the largest process id of Linux
    expect((await fetch()).status).toBe(0);
  });
});
