/** `foothold doctor`: what this machine has, what loads, and what to do about the rest. */
import type { Command } from '../command.js';
import type { MachineReport } from '../machine.js';

export const doctor: Command<{ json: boolean }> = {
  command: 'doctor',
  describe: 'Show versions, devices, where LibTorch was found, and what does not load',
  examples: [
    ['foothold doctor', 'check this machine'],
    ['foothold doctor --json', 'for a script or a bug report'],
  ],
  builder: (yargs) => yargs.option('json', { type: 'boolean', default: false, describe: 'Print one JSON object' }),
  handler: async ({ json }) => {
    const { examineMachine } = await import('../machine.js');
    const report = examineMachine();
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : asText(report));
    if (report.problems.length > 0) process.exitCode = 1;
  },
};

function asText({ foothold, node, platform, libTorch, addons, devices, threads, memory, problems }: MachineReport) {
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const rows = {
    Foothold: `${foothold} on Node ${node}, ${platform}`,
    LibTorch: libTorch
      ? `${libTorch.version} (${libTorch.variant}) from ${libTorch.source}: ${libTorch.root}`
      : 'not found',
    'text addon': addons.text.loads ? 'loads' : 'does not load',
    'torch addon': addons.torch.loads ? 'loads' : 'does not load',
    Devices: devices.join(', ') || 'unknown',
    Threads: threads,
    Memory: `${gib(memory.total)}, ${gib(memory.free)} free`,
  };
  const lines = Object.entries(rows).map(([name, value]) => `${name.padEnd(12)} ${value}`);
  return `${[...lines, ...problems.map((problem) => `\nProblem: ${problem}`)].join('\n')}\n`;
}
