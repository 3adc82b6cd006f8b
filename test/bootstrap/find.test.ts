import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder, findLibTorch, librariesToOpen, missingLibraries } from '../../bindings/libtorch/find.mjs';
import { programs } from './provide.js';
import { elf, libTorchFiles, temporaryFolder, writeFiles } from './standins.js';

function libTorchAt(folder: string, options: Parameters<typeof libTorchFiles>[0] = {}): string {
  writeFiles(folder, libTorchFiles(options));
  return folder;
}

/** Path of a LibTorch in a cache folder. */
const cached = (cache: string, variant: string) =>
  join(cache, `libtorch-2.13.0-${variant}-${process.platform}-${process.arch}`, 'torch');

describe('where LibTorch is looked for', () => {
  it('takes LIBTORCH, then the PyTorch of the python on the PATH, then the cache', () => {
    const own = libTorchAt(temporaryFolder());
    const pyTorch = libTorchAt(temporaryFolder());
    const FOOTHOLD_CACHE = temporaryFolder();
    const inCache = libTorchAt(cached(FOOTHOLD_CACHE, 'cpu'));
    const PATH = programs({ python3: `echo "${pyTorch}"` });
    const env = { LIBTORCH: own, LIBTORCH_USE_PYTORCH: '1', FOOTHOLD_CACHE, PATH };
    expect(findLibTorch(env)).toEqual({ root: own, version: '2.13.0', variant: 'cpu', source: 'LIBTORCH' });
    expect(findLibTorch({ ...env, LIBTORCH: '' })).toMatchObject({ root: pyTorch, source: 'LIBTORCH_USE_PYTORCH' });
    expect(findLibTorch({ FOOTHOLD_CACHE, PATH, LIBTORCH_USE_PYTORCH: '0' })).toMatchObject({
      root: inCache,
      source: 'cache',
    });
    expect(findLibTorch({ FOOTHOLD_CACHE: temporaryFolder(), PATH })).toBeNull();
  });

  it('keeps the cache in FOOTHOLD_CACHE, else in the XDG cache folder', () => {
    expect(cacheFolder({ FOOTHOLD_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
    expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe('/b/foothold');
    expect(cacheFolder({ XDG_CACHE_HOME: 'relative' })).toMatch(/\/\.cache\/foothold$/);
  });

  it('takes the cached variant that FOOTHOLD_LIBTORCH names, else CUDA', () => {
    const FOOTHOLD_CACHE = temporaryFolder();
    libTorchAt(cached(FOOTHOLD_CACHE, 'cpu'));
    libTorchAt(cached(FOOTHOLD_CACHE, 'cuda'), { cuda: true });
    expect(findLibTorch({ FOOTHOLD_CACHE, FOOTHOLD_LIBTORCH: 'cpu' })?.variant).toBe('cpu');
    expect(findLibTorch({ FOOTHOLD_CACHE, FOOTHOLD_LIBTORCH: 'cuda' })?.variant).toBe('cuda');
    expect(findLibTorch({ FOOTHOLD_CACHE })?.variant).toBe('cuda');
  });
});

describe('what is refused', () => {
  it('a version other than the one built against', () => {
    const LIBTORCH = libTorchAt(temporaryFolder(), { version: '2.12.1' });
    expect(() => findLibTorch({ LIBTORCH })).toThrow(/\(from LIBTORCH\) is LibTorch 2\.12\.1.*exactly 2\.13\.0/);
  });

  it('a folder that is not there, or not whole', () => {
    const LIBTORCH = temporaryFolder();
    writeFiles(LIBTORCH, { 'lib/libc10.so': '', 'lib/libtorch.so': '' });
    expect(() => findLibTorch({ LIBTORCH })).toThrow(/lacks lib\/libtorch_cpu\.so, include\/.*torch\.h, share\//);
    expect(() => findLibTorch({ LIBTORCH: join(LIBTORCH, 'none') })).toThrow(/none, which is not there/);
  });

  it('the other variant than the one asked for', () => {
    const LIBTORCH = libTorchAt(temporaryFolder());
    expect(() => findLibTorch({ LIBTORCH, FOOTHOLD_LIBTORCH: 'cuda' })).toThrow(/asks for cuda.*a cpu build/);
  });

  it('values that mean nothing', () => {
    expect(() => findLibTorch({ FOOTHOLD_LIBTORCH: 'gpu' })).toThrow(
      'FOOTHOLD_LIBTORCH is "gpu"; it can be cpu or cuda.',
    );
    expect(() => findLibTorch({ LIBTORCH_USE_PYTORCH: 'yes' })).toThrow('it can be 1 or 0');
  });

  it('a python without PyTorch, and no python at all', () => {
    const PATH = programs({ python3: 'echo' });
    expect(() => findLibTorch({ LIBTORCH_USE_PYTORCH: '1', PATH })).toThrow(/has no PyTorch.*torch==2\.13\.0/);
    expect(() => findLibTorch({ LIBTORCH_USE_PYTORCH: '1', PATH: temporaryFolder() })).toThrow(/no python on the PATH/);
  });
});

describe.runIf(process.platform === 'linux')('libraries', () => {
  it('are opened each after those it needs, OpenMP first', () => {
    const root = libTorchAt(temporaryFolder(), { cuda: true });
    writeFiles(root, { 'lib/libgomp-a34b3233.so.1': elf([]), 'lib/libgompertz.so': elf([]) });
    const names = librariesToOpen({ root, variant: 'cuda' }).map((path) => path.slice(root.length + 1));
    expect(names).toEqual([
      'lib/libgomp-a34b3233.so.1',
      'lib/libc10.so',
      'lib/libc10_cuda.so',
      'lib/libtorch_cpu.so',
      'lib/libtorch_cuda.so',
      'lib/libtorch.so',
    ]);
  });

  it('that are needed and nowhere to be found are named', () => {
    const folder = temporaryFolder();
    const root = libTorchAt(join(folder, 'torch'), { cuda: true });
    const env = { PATH: process.env.PATH };
    expect(missingLibraries({ root, variant: 'cuda' }, env)).toEqual(['libstandin_cudart.so.13']);
    // By the run path of the library that needs it; what that one needs in turn is looked for too.
    writeFiles(folder, { 'nvidia/cu13/lib/libstandin_cudart.so.13': elf(['libstandin_deep.so.1', 'libc.so.6']) });
    expect(missingLibraries({ root, variant: 'cuda' }, env)).toEqual(['libstandin_deep.so.1']);
    const elsewhere = temporaryFolder();
    writeFiles(elsewhere, { 'libstandin_deep.so.1': elf([]) });
    expect(missingLibraries({ root, variant: 'cuda' }, { ...env, LD_LIBRARY_PATH: elsewhere })).toEqual([]);
    expect(missingLibraries({ root, variant: 'cpu' }, env)).toEqual([]);
  });
});
