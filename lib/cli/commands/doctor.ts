/** `foothold doctor`: what this machine has, what loads, and what to do about the rest. */
import type { CommandModule } from 'yargs';

export const doctor: CommandModule<object, { json: boolean }> = {
  command: 'doctor',
  describe: 'Show versions, devices, where LibTorch was found, and what does not load',
  builder: (yargs) =>
    yargs
      .option('json', { type: 'boolean', default: false, describe: 'Print one JSON object' })
      .example('foothold doctor', 'check this machine'),
  handler: async () => {
    const { findLibTorch, loadTorchAddon } = await import('../../../bindings/libtorch.js');
    console.log(findLibTorch());
    console.log(loadTorchAddon());
  },
};
