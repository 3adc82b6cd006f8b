/**
 * `npm run pack:check`: packs Foothold, examines the package, installs it into an empty folder as a stranger would (npm's
 * cache empty, no install scripts run), and uses it there: difflib, the way to LibTorch, the types, a short quickstart.
 * LibTorch is not fetched again: the one that the clone uses stands in a cache of its own, where `foothold setup` finds it.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { cachedFolder } from '../bindings/libtorch/find.mjs';
import { provideLibTorch } from './libtorch/provide.mjs';
import { npm, npmReason } from './packages.mjs';
import { main, packageRoot, run, SetupError, stage } from './stage.mjs';

/** More than this, packed, and something is in the package that should not be. */
const largestPackage = 4 * 2 ** 20;

await main(async () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'foothold-pack-')));
  process.once('exit', () => rmSync(root, { recursive: true, force: true }));
  const tarball = await stage('pack', () => pack(root));
  await stage('publint', () => lint('publint', ['run', tarball, '--strict']));
  // ESM only: a `require` of it is Node's business (20.19, 22.12 and later can), so its resolution is not judged.
  await stage('types', () => lint('attw', [tarball, '--profile', 'esm-only', '--no-color', '--format', 'ascii']));
  const app = join(root, 'app');
  await stage('install', () => install(app, root, tarball));
  await stage('difflib', () => useDifflib(app));
  await stage('API', () => compileAgainst(app));
  const env = await useLibTorch(app, root);
  await stage('quickstart', async () => {
    const output = await foothold(app, env, 'quickstart', '--steps', '2', '--out', join(root, 'run'));
    if (!/problems solved alone/.test(output)) throw new SetupError('the quickstart ended without its table.');
    return 'runs';
  });
  return 0;
});

/** @param {string} root @returns {Promise<{ note: string, result: string }>} path of the package */
async function pack(root) {
  const prepared = await run(process.execPath, [join(packageRoot, 'scripts', 'prepack.mjs')]);
  if (prepared.status !== 0) throw new SetupError('the package could not be put together.');
  const options = ['pack', '--json', '--ignore-scripts', '--loglevel', 'error', '--pack-destination', root];
  const { status, output } = await npm(options, packageRoot, process.env, true);
  if (status !== 0) throw new SetupError(`npm pack failed: ${npmReason(output)}`);
  // npm 12 gives an object by package name, those before it an array.
  const [{ filename, size, unpackedSize, files }] = Object.values(JSON.parse(output));
  const unwanted = files
    .map((/** @type {{ path: string }} */ { path }) => path)
    .filter((/** @type {string} */ path) => /^(test|docs|benchmarks|examples)\/|\.map$|(?<!\.d)\.m?ts$/.test(path));
  if (unwanted.length > 0) throw new SetupError(`not wanted in the package: ${unwanted.join(', ')}.`);
  if (size > largestPackage) throw new SetupError(`the package has ${megabytes(size)}, more than it should.`);
  const note = `${files.length} files, ${megabytes(size)}, unpacked ${megabytes(unpackedSize)}`;
  return { note, result: join(root, filename) };
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** @param {'publint' | 'attw'} program @param {string[]} args */
async function lint(program, args) {
  const { status } = await run(process.execPath, [join(packageRoot, 'node_modules', '.bin', program), ...args]);
  if (status !== 0) throw new SetupError(`${program} finds fault with the package.`);
  return `${program} finds no fault`;
}

/** @param {string} app @param {string} root @param {string} tarball */
async function install(app, root, tarball) {
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }\n');
  const options = ['--ignore-scripts', '--cache', join(root, 'npm-cache'), '--no-audit', '--no-fund'];
  const { status, output } = await npm(['install', ...options, tarball], app);
  if (status !== 0) throw new SetupError(`npm install failed: ${npmReason(output)}`);
  return 'no script run, cache empty';
}

/** The value is the one of the example in CPython's documentation of `SequenceMatcher.ratio`. @param {string} app */
async function useDifflib(app) {
  const check = "if (ratios(['abcd'], ['bcde'])[0] !== 0.75) throw new Error('wrong ratio');";
  writeFileSync(join(app, 'difflib.mjs'), `import { ratios } from 'foothold/difflib';\n${check}\n`);
  writeFileSync(
    join(app, 'difflib.cjs'),
    `const use = ({ ratios }) => { ${check} };\nimport('foothold/difflib').then(use);\n` +
      "if (process.features.require_module) use(require('foothold/difflib'));\n",
  );
  for (const script of ['difflib.mjs', 'difflib.cjs']) {
    const { status } = await run(process.execPath, [script], { cwd: app });
    if (status !== 0) throw new SetupError(`${script} does not run.`);
  }
  return 'from ESM and CommonJS';
}

/** What the declarations refer to must come with the package: types of Node aside, nothing of ours is in reach. @param {string} app */
async function compileAgainst(app) {
  const script = [
    "import { defineConfig, type Trainer } from 'foothold';",
    "import { SequenceMatcher } from 'foothold/difflib';",
    'export const ratio: number = new SequenceMatcher(null, "abcd", "bcde").ratio();',
    "const start = { model: 'm', data: 'd', output: 'o', method: 'srl', batchSize: 1 } as const;",
    'export const config = defineConfig({ ...start, maxPromptLength: 1, maxCompletionLength: 1, learningRate: 1e-6 });',
    'export const stop = async (trainer: Trainer) => { for await (const { metrics } of trainer) return metrics.reward; return undefined; };',
    '// @ts-expect-error: a key that does not exist',
    "defineConfig({ modell: 'm' });",
  ];
  writeFileSync(join(app, 'script.ts'), `${script.join('\n')}\n`);
  const typeRoots = join(packageRoot, 'node_modules', '@types');
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
  const compiler = join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [compiler, ...options, '--typeRoots', typeRoots, 'script.ts'];
  const { status } = await run(process.execPath, args, { cwd: app });
  if (status !== 0) throw new SetupError('a script that uses the declarations does not compile.');
  return 'a script compiles against the declarations';
}

/**
 * LibTorch is where `foothold setup` looks for it or nowhere: the loader's own paths must not bring it.
 *
 * @param {string} app @param {string} root @returns {Promise<NodeJS.ProcessEnv>} environment in which it is found
 */
async function useLibTorch(app, root) {
  const libTorch = await provideLibTorch(stage);
  const { LIBTORCH, LIBTORCH_USE_PYTORCH, FOOTHOLD_LIBTORCH, FOOTHOLD_ADDONS, ...rest } = process.env;
  const env = /** @type {NodeJS.ProcessEnv} */ ({ ...rest, FOOTHOLD_CACHE: join(root, 'cache') });
  await stage('no LibTorch', async () => {
    const lib = join(libTorch.root, 'lib');
    const path = [lib, env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
    const { status, output } = await run(process.execPath, [cli(app), 'doctor', '--json'], {
      cwd: app,
      env: { ...env, LD_LIBRARY_PATH: path },
      quiet: true,
    });
    const { addons, problems } = JSON.parse(output);
    if (status === 1 && addons.text.loads && !addons.torch.loads && /foothold setup/.test(problems[0]))
      return 'said so';
    throw new SetupError(`foothold doctor should have missed LibTorch: ${output}`);
  });
  await stage('setup', async () => {
    const folder = cachedFolder(libTorch.variant, env);
    mkdirSync(dirname(folder), { recursive: true });
    symlinkSync(dirname(libTorch.root), folder);
    const output = await foothold(app, env, 'setup');
    if (!output.includes(`from cache: ${join(folder, 'torch')}`))
      throw new SetupError('LibTorch is not the cached one.');
    return 'finds LibTorch in the cache, and the addons load';
  });
  return env;
}

/** @param {string} app */
function cli(app) {
  const { bin } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  return join(app, 'node_modules', 'foothold', bin.foothold);
}

/** @param {string} app @param {NodeJS.ProcessEnv} env @param {string[]} args @returns {Promise<string>} what it printed */
async function foothold(app, env, ...args) {
  const { status, output } = await run(process.execPath, [cli(app), ...args], { cwd: app, env });
  if (status !== 0) throw new SetupError(`foothold ${args[0]} failed.`);
  return output;
}
