/**
 * `npm run sanitize`: builds what needs no LibTorch with AddressSanitizer and UndefinedBehaviorSanitizer. The text addon
 * runs its tests; the readers and writers of model files run over the fixtures, and every harness of native/fuzz over its
 * corpus and, for a few seconds, beyond. The first finding ends it. Needs gcc on Linux, and a clone that is bootstrapped.
 * For the torch addon see memcheck.mjs.
 */
import { join } from 'node:path';
import { buildHarnesses, harnesses, runFixtures, runHarness } from './harnesses.mjs';
import { buildAddon } from './native.mjs';
import { sanitizerEnvironment } from './sanitizers.mjs';
import { main, packageRoot, run, stage } from './stage.mjs';

/** Time for each harness; the corpora are run in any case. */
const harnessSeconds = 5;

await main(async () => {
  const env = await sanitizerEnvironment();
  await stage('text addon', (begin) => buildAddon('text', begin, undefined, true));
  const vitest = join(packageRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const { status } = await run(process.execPath, [vitest, 'run', 'test/text', 'test/difflib/sequence', 'test/reward'], {
    env,
  });
  if (status !== 0) return status;
  await stage('harnesses', async (begin) => {
    begin('compiling');
    const built = await buildHarnesses();
    begin('running');
    const files = await runFixtures(built);
    let inputs = 0;
    for (const name of harnesses) inputs += await runHarness(built, name, harnessSeconds, 1);
    return `no finding in ${files} files and ${inputs} inputs`;
  });
  return 0;
});
