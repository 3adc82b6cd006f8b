/**
 * `npm test`: makes the clone ready, then formatting and lint (Biome, clang-format), strict types, and the tests.
 * Every check runs even if one before it failed. Arguments go to vitest and leave the other checks out:
 * `npm test -- test/text`.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { main, packageRoot, run, SetupError, say, stage, which } from './stage.mjs';
import { countTests } from './test-counts.mjs';

/** The clang-format whose output the sources have; other versions differ in places. */
const clangFormatVersion = 14;

/** @param {string} name @param {string} script @param {string[]} args */
function tool(name, script, args) {
  return run(process.execPath, [join(packageRoot, 'node_modules', name, 'bin', script), ...args]);
}

/** @returns {Promise<{ status: number, note?: string }>} */
async function clangFormat() {
  const name = which([`clang-format-${clangFormatVersion}`, 'clang-format']);
  const version = name ? (await run(name, ['--version'], { quiet: true })).output : '';
  if (!name || !version.includes(`version ${clangFormatVersion}.`)) {
    return {
      status: 0,
      note: `NOT CHECKED: clang-format ${clangFormatVersion} is not installed (pip has it as clang-format)`,
    };
  }
  const sources = ['native', 'bindings'].flatMap((folder) => filesIn(folder).filter((file) => /\.(cc|h)$/.test(file)));
  return sources.length > 0 ? run(name, ['--dry-run', '-Werror', ...sources]) : { status: 0 };
}

/** @param {string} folder */
function filesIn(folder) {
  return readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
    join(folder, file),
  );
}

const checks = /** @type {const} */ ([
  ['Biome', () => tool('@biomejs/biome', 'biome', ['check', '--error-on-warnings', '.'])],
  ['clang-format', clangFormat],
  ['types', () => tool('typescript', 'tsc', ['-p', 'tsconfig.check.json'])],
]);

/**
 * Run vitest and print how many tests passed and failed, in a line of its own.
 *
 * @param {string[]} args @returns {Promise<number>} exit status
 */
async function tests(args) {
  const results = join(packageRoot, 'build', 'test-results.json');
  rmSync(results, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const vitest = join(packageRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const colour = process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' };
  const { status } = await run(process.execPath, [vitest, 'run', ...reporters, ...args], {
    env: { ...process.env, ...colour },
  });
  say(countTests(results));
  return status;
}

await main(async () => {
  const args = process.argv.slice(2);
  await bootstrap();
  /** @type {string[]} */
  const failures = [];
  for (const [name, check] of args.length > 0 ? [] : checks) {
    await stage(name, async () => {
      const { status, ...rest } = await check();
      if (status === 0) return 'note' in rest && rest.note ? rest.note : 'clean';
      failures.push(name);
      return 'FAILED';
    });
  }
  if ((await tests(args)) !== 0) failures.push('tests');
  if (failures.length > 0) throw new SetupError(`failed: ${failures.join(', ')}.`);
  return 0;
});
