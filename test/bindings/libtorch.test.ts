import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findLibTorch, loadTorchAddon } from '../../bindings/libtorch.js';
import { loadAddon } from '../../bindings/load.js';
import { UserError } from '../../lib/errors.js';

const { openLibraries } = loadAddon('text') as { openLibraries(paths: unknown): void };

describe('openLibraries', () => {
  it('says why a library cannot be opened', () => {
    expect(() => openLibraries(['/nowhere/libnone.so'])).toThrow(/\/nowhere\/libnone\.so/);
  });

  it.each([[undefined], ['libc10.so'], [[1]]])('takes an array of paths, not %j', (argument) => {
    expect(() => openLibraries(argument)).toThrow(TypeError);
  });
});

describe('loadTorchAddon', () => {
  it.runIf(process.platform === 'linux')(
    'has the libraries of the LibTorch that was found in the process, and no others',
    () => {
      expect(loadTorchAddon()).toBe(loadTorchAddon());
      const lib = join(findLibTorch()!.root, 'lib');
      const loaded = [...readFileSync('/proc/self/maps', 'utf8').matchAll(/\S+\/(?:lib(?:torch|c10|gomp))\S*/g)];
      const paths = new Set(loaded.map(([path]) => path));
      expect(paths).toContain(join(lib, 'libtorch_cpu.so'));
      for (const path of paths) expect(path.startsWith(lib), path).toBe(true);
    },
  );
});

describe('findLibTorch', () => {
  it('throws errors meant for the user', () => {
    const before = process.env.LIBTORCH;
    process.env.LIBTORCH = '/nowhere';
    try {
      expect(() => findLibTorch()).toThrow(UserError);
    } finally {
      if (before === undefined) delete process.env.LIBTORCH;
      else process.env.LIBTORCH = before;
    }
  });
});
