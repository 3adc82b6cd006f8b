import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../bindings/load.js';
import { npm } from '../../scripts/packages.mjs';

/** What `npm pack` would put into the package, as paths from the root. */
async function packed(): Promise<string[]> {
  const options = ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel', 'error'];
  const { output } = await npm(options, packageRoot, process.env, true);
  const [{ files }] = Object.values(JSON.parse(output)) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path);
}

const filesIn = (folder: string) =>
  readdirSync(join(packageRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(entry.parentPath, entry.name).slice(packageRoot.length + 1));

describe.skipIf(process.platform === 'win32')('the package', async () => {
  const files = new Set(await packed());

  it('has every module that one of its modules imports', () => {
    const missing = [...files]
      .filter((file) => /^dist\/.*\.m?js$/.test(file))
      .flatMap((file) => {
        const source = readFileSync(join(packageRoot, file), 'utf8');
        const imports = source.matchAll(/(?:\bfrom |^import |\bimport\()'(\.[^']+)'/gm);
        return [...imports]
          .map(([, path]) => posix.join(posix.dirname(file), path!))
          .filter((path) => !files.has(path));
      });
    expect(files).toContain('dist/lib/index.js');
    expect(missing).toEqual([]);
  });

  it('has what is read at run time: templates, models, pages', () => {
    const assets = filesIn('lib').filter((file) => !file.endsWith('.ts'));
    expect(assets).toContain('lib/prompt/templates/math.txt');
    // The last is for editors of YAML files.
    expect([...assets, 'dist/foothold.schema.json'].filter((file) => !files.has(file))).toEqual([]);
  });

  it('has the C++ sources, for `foothold setup --build`', () => {
    const sources = ['native', 'bindings'].flatMap(filesIn).filter((file) => /\.(cc|h)$/.test(file));
    const needed = sources.filter((file) => !/^native\/(fuzz|emulation)\//.test(file));
    expect(needed).toContain('native/text/batch.cc');
    expect(['CMakeLists.txt', ...needed].filter((file) => !files.has(file))).toEqual([]);
  });

  it('has the licences, and neither tests, nor TypeScript sources, nor source maps', () => {
    for (const name of ['LICENSE', 'README.md', 'THIRD_PARTY_NOTICES.md']) expect(files).toContain(name);
    const unwanted = /^(test|docs|benchmarks|examples|native\/fuzz)\/|\.map$|(?<!\.d)\.m?ts$/;
    expect([...files].filter((file) => unwanted.test(file))).toEqual([]);
  });
});
