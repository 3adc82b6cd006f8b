/**
 * `npm run memcheck [tests…]`: builds both addons with AddressSanitizer and UndefinedBehaviorSanitizer and runs the tests
 * of the torch addon with them: model files (test/io), models, sampling, training and policies (test/torch), and whole
 * runs (test/train/native), or the tests named. The first finding ends the run. Needs gcc on Linux, a clone that is
 * bootstrapped, and some minutes, most of them to compile.
 *
 * What it sees: all code of native/ and bindings/, and every heap block, LibTorch's too. What it does not see: memory that
 * LibTorch's own code, which is compiled without sanitizers, reads or writes out of bounds; leaks, since Node leaves its
 * memory to the system (test/torch/53.policy.resources.test.ts and test/io/resources.test.ts look for those).
 */
import { join } from 'node:path';
import { findLibTorch } from '../bindings/libtorch/find.mjs';
import { buildAddon } from './native.mjs';
import { sanitizerEnvironment } from './sanitizers.mjs';
import { main, packageRoot, run, SetupError, stage } from './stage.mjs';

const tests = ['test/io', 'test/torch', 'test/train/native.test.ts'];

await main(async () => {
  const libTorch = findLibTorch();
  if (!libTorch) throw new SetupError('there is no LibTorch. Run `npm run bootstrap` first.');
  const env = await sanitizerEnvironment();
  await stage('text addon', (begin) => buildAddon('text', begin, undefined, true));
  await stage('torch addon', (begin) => buildAddon('torch', begin, libTorch, true));
  const vitest = join(packageRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const named = process.argv.slice(2);
  const args = ['run', '--testTimeout=300000', ...(named.length > 0 ? named : tests)];
  return (await run(process.execPath, [vitest, ...args], { env })).status;
});
