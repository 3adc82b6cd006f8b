/** Running Node with addons that are built with sanitizers. */
import { run, SetupError, which } from './stage.mjs';

/**
 * The environment for such a run: addons from build/sanitize, their runtime, and its options.
 *
 * @throws {SetupError} where there is no gcc, or no Linux
 */
export async function sanitizerEnvironment() {
  if (process.platform !== 'linux' || !which(['gcc'])) throw new SetupError('the sanitizers need gcc on Linux.');
  const runtime = (await run('gcc', ['-print-file-name=libasan.so'], { quiet: true })).output.trim();
  return {
    ...process.env,
    FOOTHOLD_ADDONS: 'build/sanitize',
    // Node itself is not built with it, so the runtime has to come first.
    LD_PRELOAD: runtime,
    ASAN_OPTIONS: [
      'detect_leaks=0', // Node leaves its memory to the system
      'detect_container_overflow=0', // LibTorch's vectors are grown by code without marks for it
      'quarantine_size_mb=16', // so that tests of memory use still say something
    ].join(':'),
    NO_COLOR: '1',
  };
}
