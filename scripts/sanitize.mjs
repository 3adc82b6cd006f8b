/**
 * `npm run sanitize`: builds the text addon with AddressSanitizer and UndefinedBehaviorSanitizer and runs its tests with
 * it. The first finding ends the tests. Needs gcc on Linux, and a clone that is bootstrapped. The torch addon is left
 * out: LibTorch is not built with sanitizers, which makes them report what is no fault.
 */
import { join } from 'node:path';
import { buildAddon } from './native.mjs';
import { main, packageRoot, run, SetupError, stage, which } from './stage.mjs';

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
  const { status } = await run(process.execPath, [vitest, 'run', 'test/text', 'test/difflib', 'test/reward'], { env });
  return status;
});
