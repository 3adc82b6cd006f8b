import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readElf } from '../../bindings/libtorch/elf.mjs';
import { coreLibraries } from '../../bindings/libtorch/find.mjs';
import { findLibTorch } from '../../bindings/libtorch.js';
import { packageRoot } from '../../bindings/load.js';
import { temporaryFolder } from '../bootstrap/standins.js';

const bindings = pathToFileURL(join(packageRoot, 'dist', 'bindings')).href;

/** Load foothold_torch, by the bindings compiled to dist/, in a process of its own; prints the libraries of LibTorch that are then in it. */
function load({ before = '', env = {} }: { before?: string; env?: NodeJS.ProcessEnv }) {
  const program = `
    import { readFileSync } from 'node:fs';
    import { loadAddon } from '${bindings}/load.js';
    import { loadTorchAddon } from '${bindings}/libtorch.js';
    ${before}
    try {
      loadTorchAddon();
      const mapped = readFileSync('/proc/self/maps', 'utf8').match(/\\/.*\\/lib(?:torch|c10|gomp)\\S*$/gm);
      console.log(JSON.stringify({ mapped: [...new Set(mapped)] }));
    } catch (error) {
      console.log(JSON.stringify({ error: error.message, code: error.code }));
    }`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    cwd: packageRoot,
    env: { ...process.env, ...env },
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as { mapped?: string[]; error?: string; code?: string };
}

describe.runIf(process.platform === 'linux')('of two LibTorches on a machine', () => {
  const lib = realpathSync(join(findLibTorch()!.root, 'lib'));

  it('the addon takes what it is given, since it names no place itself', () => {
    const addon = join(packageRoot, 'build', 'torch', 'build', 'Release', 'foothold_torch.node');
    expect(existsSync(addon)).toBe(true);
    const { needed, runpath } = readElf(addon);
    expect(needed).toContain('libtorch_cpu.so');
    expect(runpath).toEqual([]);
  });

  it('the one that the loader would take by itself is left alone', () => {
    const decoys = temporaryFolder();
    // The loader ends with an error at the first of these that it looks into.
    for (const name of [...coreLibraries('cuda'), 'libgomp.so.1']) writeFileSync(join(decoys, name), 'not a library');
    const { mapped } = load({ env: { LD_LIBRARY_PATH: decoys } });
    expect(mapped).toContain(join(lib, 'libtorch_cpu.so'));
    for (const path of mapped!) expect(path.startsWith(`${lib}/`), path).toBe(true);
  });

  it('none is taken where none is named, wherever the loader could find one', () => {
    const env = { LIBTORCH: '', LIBTORCH_USE_PYTORCH: '', FOOTHOLD_CACHE: temporaryFolder(), LD_LIBRARY_PATH: lib };
    expect(load({ env })).toMatchObject({ code: 'FOOTHOLD_LIBTORCH', error: expect.stringContaining('is not there') });
  });

  it('one that is in the process already is not mixed with the other', () => {
    const other = join(temporaryFolder(), 'libc10.so');
    copyFileSync(join(lib, 'libc10.so'), other);
    const { error, code } = load({ before: `loadAddon('text').openLibraries(['${other}']);` });
    expect(code).toBe('FOOTHOLD_LIBTORCH');
    expect(error).toContain(`This process has opened another LibTorch already (${other})`);
  });
});
