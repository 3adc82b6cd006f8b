import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../bindings/load.js';
import { temporaryFolder } from '../bootstrap/standins.js';

/** What loading the text addon, as compiled to dist/, from `folder` (in place of `build`) throws, in a process of its own. */
function failure(folder: string, env: NodeJS.ProcessEnv = {}): string {
  const program = `import { loadAddon } from '${pathToFileURL(join(packageRoot, 'dist/bindings/load.js')).href}';
    try { loadAddon('text'); } catch (error) { console.log(error.message); }`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    cwd: packageRoot,
    env: { ...process.env, ...env, FOOTHOLD_ADDONS: relative(packageRoot, folder) },
  });
  return stdout.trim();
}

const target = `${process.platform}-${process.arch}`;

/** A folder with something in the place of the prebuilt text addon. */
function withPrebuilt(name: string, content: string | Buffer): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'text', 'prebuilds', target), { recursive: true });
  writeFileSync(join(folder, 'text', 'prebuilds', target, name), content);
  return folder;
}

describe('an addon that does not load', () => {
  it('is not there', () => {
    const message = `The native addon foothold_text is not there for ${target}. Run \`npm run bootstrap\`.`;
    expect(failure(temporaryFolder())).toBe(message);
  });

  it.runIf(process.platform === 'linux')('is for another C library', () => {
    const folder = withPrebuilt('foothold_text.glibc.node', '');
    expect(failure(folder, { LIBC: 'musl' })).toMatch(/^The native addon foothold_text is not there/);
    expect(failure(folder)).toMatch(/^The native addon foothold_text cannot be loaded .*file too short/);
  });

  it.runIf(process.platform === 'linux')('needs a newer system', () => {
    const compiled = readFileSync(join(packageRoot, 'build/text/build/Release/foothold_text.node'), 'latin1');
    // A version of the C library that none has, in the place of one that it needs.
    const later = Buffer.from(compiled.replaceAll('GLIBC_2.14\0', 'GLIBC_9.99\0'), 'latin1');
    expect(failure(withPrebuilt('foothold_text.glibc.node', later))).toBe(
      'The native addon foothold_text was compiled for a newer system than this one: it needs GLIBC_9.99. ' +
        'Run `npm run bootstrap`.',
    );
  });
});
