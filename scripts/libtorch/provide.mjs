/** Finds LibTorch, or has it fetched into Foothold's cache. */

import { findLibTorch, libTorchVersion, wantedVariant } from '../../bindings/libtorch/find.mjs';
import { fetchLibTorch } from './fetch.mjs';

/**
 * One stage of the bootstrap.
 *
 * @param {typeof import('../stage.mjs').stage} stage
 * @param {{ env?: NodeJS.ProcessEnv, cpuIndex?: string }} [options] `cpuIndex` is asked first for CPU builds
 * @returns {Promise<import('../../bindings/libtorch/find.mjs').LibTorch>}
 * @throws {import('../stage.mjs').SetupError} when what is named does not serve, or nothing can be fetched
 */
export async function provideLibTorch(stage, { env = process.env, ...options } = {}) {
  return stage('LibTorch', async (begin) => {
    let libTorch = findLibTorch(env);
    if (!libTorch) {
      begin(`fetching ${libTorchVersion} (${wantedVariant(env) ?? 'cpu'})`);
      libTorch = await fetchLibTorch(env, options);
    }
    const { version, variant, source, root } = libTorch;
    return { note: `${version} (${variant}) from ${source}: ${root}`, result: libTorch };
  });
}
