/** `foothold setup`: brings LibTorch, and on demand compiles the addons: the bootstrap of an installed package. */
import { join } from 'node:path';
import { loadAddon, packageRoot } from '../../../bindings/load.js';
import { UserError } from '../../errors.js';
import type { Command } from '../command.js';

export const setup: Command<{ build: boolean }> = {
  command: 'setup',
  describe: 'Fetch LibTorch if it is not there yet',
  examples: [
    ['foothold setup', 'bring LibTorch after `npm install foothold`'],
    ['FOOTHOLD_LIBTORCH=cuda foothold setup', 'bring its CUDA build'],
    ['foothold setup --build', 'compile where the package has no addons for the platform'],
  ],
  builder: (yargs) =>
    yargs.option('build', { type: 'boolean', default: false, describe: 'Compile the native addons here' }),
  handler: async ({ build }) => {
    const { provideLibTorch } = await import('../../../scripts/libtorch/provide.mjs');
    const { stage } = await import('../../../scripts/stage.mjs');
    // What does not serve is said before LibTorch is fetched: the compilers that are missing, or the addons.
    if (build) (await import('../../../scripts/native.mjs')).requireTools();
    else requireAddon();
    const libTorch = await provideLibTorch(stage);
    if (build) await compileAddons(libTorch);
    await stage('addons', async () => {
      const { examineMachine } = await import('../machine.js');
      const { problems } = examineMachine();
      if (problems.length > 0) throw new UserError(`Not ready. ${problems.join(' ')}`);
      return 'load';
    });
  },
};

function requireAddon(): void {
  try {
    loadAddon('text');
  } catch (cause) {
    throw new UserError((cause as Error).message, 'FOOTHOLD_ADDON', { cause });
  }
}

async function compileAddons(libTorch: import('../../../bindings/libtorch.js').LibTorch): Promise<void> {
  const { buildAddon } = await import('../../../scripts/native.mjs');
  const { withLock } = await import('../../../scripts/lock.mjs');
  const { stage } = await import('../../../scripts/stage.mjs');
  await withLock(join(packageRoot, 'build', '.lock'), async () => {
    await stage('text addon', (begin) => buildAddon('text', begin));
    await stage('torch addon', (begin) => buildAddon('torch', begin, libTorch));
  });
}
