/**
 * `npm run sanitize`: builds the text addon with AddressSanitizer and UndefinedBehaviorSanitizer and runs its tests with
 * it, then the fuzz harnesses of native/fuzz for a few seconds each. The first finding ends the tests. Needs gcc on Linux, and a clone that is bootstrapped. The torch addon is left
 * out: LibTorch is not built with sanitizers, which makes them report what is no fault.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildAddon } from './native.mjs';
import { main, packageRoot, run, SetupError, stage, which } from './stage.mjs';

/** Time for each harness; the corpora are run in any case. */
const harnessSeconds = 5;

await main(async () => {
  if (process.platform !== 'linux' || !which(['gcc'])) throw new SetupError('the sanitizers need gcc on Linux.');
  await stage('text addon', (begin) => buildAddon('text', begin, undefined, true));
  const runtime = (await run('gcc', ['-print-file-name=libasan.so'], { quiet: true })).output.trim();
  const env = {
    ...process.env,
    FOOTHOLD_ADDONS: 'build/sanitize',
    // Node itself is not built with it, so the runtime has to come first; and Node leaves its memory to the system.
    LD_PRELOAD: runtime,
    ASAN_OPTIONS: 'detect_leaks=0',
    NO_COLOR: '1',
  };
  const vitest = join(packageRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const { status } = await run(process.execPath, [vitest, 'run', 'test/text', 'test/difflib/sequence', 'test/reward'], {
    env,
  });
  if (status !== 0) return status;
  await stage('harnesses', (begin) => fuzzBriefly(begin));
  return 0;
});

/** @param {(what: string) => void} begin @returns {Promise<string>} */
async function fuzzBriefly(begin) {
  const folder = join(packageRoot, 'build', 'fuzz');
  const corpus = join(folder, 'corpus');
  /** @param {string} command @param {string[]} args */
  const must = async (command, args) => {
    const { status, output } = await run(command, args, { quiet: true });
    if (status !== 0) throw new SetupError(`${command} ${args.join(' ')} failed:\n${output}`);
  };
  begin('compiling');
  await must('cmake', ['-S', join(packageRoot, 'native', 'fuzz'), '-B', folder]);
  await must('cmake', ['--build', folder, '--parallel', '2']);
  await must(process.execPath, [join(packageRoot, 'native', 'fuzz', 'seeds.mjs'), corpus]);
  begin('running');
  for (const name of readdirSync(corpus)) {
    await must(join(folder, `${name}_fuzz`), [String(harnessSeconds), join(corpus, name)]);
  }
  return 'no finding';
}
