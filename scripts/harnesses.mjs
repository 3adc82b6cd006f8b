/** Builds and runs the harnesses of native/fuzz: with libFuzzer where there is a Clang that has it, else without. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, run, SetupError, which } from './stage.mjs';

const source = join(packageRoot, 'native', 'fuzz');
export const harnesses = /** @type {const} */ (['sequence_matcher', 'safetensors', 'gguf']);
/** Bytes of an input; longer ones find nothing more, and take longer. */
const maxLength = 4096;
/** Fixtures that go through the readers whole, however long they are. */
const fixtureFolders = ['io', 'model'].map((name) => join(packageRoot, 'test', 'fixtures', name));

/** @typedef {{ folder: string, libFuzzer: boolean }} Built */

/**
 * Compile the harnesses and the driver.
 *
 * @returns {Promise<Built>}
 */
export async function buildHarnesses() {
  const clangs = ['clang++', ...Array.from({ length: 10 }, (_, i) => `clang++-${23 - i}`)];
  const clang = which(clangs);
  // A Clang without its runtime libraries cannot link; whatever the reason, another compiler will do.
  if (clang && (await build('fuzz-clang', clang)).status === 0) {
    return { folder: join(packageRoot, 'build', 'fuzz-clang'), libFuzzer: true };
  }
  const { status, output } = await build('fuzz', which(['g++', 'c++']) ?? 'c++');
  if (status !== 0) throw new SetupError(`the harnesses of native/fuzz do not compile:\n${output}`);
  return { folder: join(packageRoot, 'build', 'fuzz'), libFuzzer: false };
}

/** @param {string} name @param {string} compiler */
async function build(name, compiler) {
  const folder = join(packageRoot, 'build', name);
  const configured = await run('cmake', ['-S', source, '-B', folder, `-DCMAKE_CXX_COMPILER=${compiler}`], {
    quiet: true,
  });
  if (configured.status !== 0) return configured;
  return run('cmake', ['--build', folder, '--parallel', '2'], { quiet: true });
}

/**
 * Let one harness try inputs: the corpus that has grown so far, then new ones.
 *
 * @param {Built} built @param {(typeof harnesses)[number]} name @param {number} seconds @param {number} seed
 * @returns {Promise<number>} inputs tried
 * @throws {SetupError} with the finding
 */
export async function runHarness({ folder, libFuzzer }, name, seconds, seed) {
  const corpus = join(folder, 'corpus', name);
  if (!existsSync(corpus)) await must(process.execPath, [join(source, 'seeds.mjs'), join(folder, 'corpus')]);
  const findings = join(folder, 'findings');
  mkdirSync(findings, { recursive: true });
  const output = await must(
    join(folder, `${name}_fuzz`),
    libFuzzer
      ? [
          ...[`-seed=${seed}`, `-max_total_time=${seconds}`, `-max_len=${maxLength}`, '-timeout=60'],
          ...['-rss_limit_mb=2048', '-print_final_stats=1', `-artifact_prefix=${findings}/${name}-`, corpus],
        ]
      : [`${seconds}`, `${seed}`, corpus],
  );
  return Number(/(\d+) inputs/.exec(output)?.[1] ?? /number_of_executed_units: (\d+)/.exec(output)?.[1]);
}

/**
 * Put every model file among the fixtures through its reader, and through the writers and back.
 *
 * @param {Built} built
 * @returns {Promise<number>} files
 */
export async function runFixtures({ folder, libFuzzer }) {
  const files = fixtureFolders.flatMap((room) =>
    readdirSync(room, { recursive: true, encoding: 'utf8' }).map((name) => join(room, name)),
  );
  const of = (/** @type {string} */ format) => files.filter((file) => file.endsWith(`.${format}`));
  for (const format of /** @type {const} */ (['safetensors', 'gguf'])) {
    await must(join(folder, `${format}_fuzz`), libFuzzer ? of(format) : ['0', '1', ...of(format)]);
  }
  const all = [...of('safetensors'), ...of('gguf')];
  const scratch = join(folder, 'scratch');
  await must(join(folder, 'round_trip'), [scratch, ...all]);
  rmSync(scratch, { recursive: true });
  return all.length;
}

/** @param {string} command @param {string[]} args @returns {Promise<string>} its output @throws {SetupError} with the end of it */
async function must(command, args) {
  const { status, output } = await run(command, args, { quiet: true });
  if (status !== 0) throw new SetupError(`${command} ended with status ${status}:\n${output.slice(-6000)}`);
  return output;
}
