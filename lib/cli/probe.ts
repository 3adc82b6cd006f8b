/**
 * Loads one addon in a process of its own and prints what it found as JSON. `foothold doctor` runs this, so that a binary
 * that ends its process (an instruction the processor lacks, say) becomes a finding.
 */
import { loadTorchAddon } from '../../bindings/libtorch.js';
import { loadAddon } from '../../bindings/load.js';
import type { TorchInfo } from '../../bindings/torch.js';

/** What the child process prints. */
export interface ProbeResult {
  loads: boolean;
  /** Why it does not load. */
  reason?: string;
  /** Of the torch addon. */
  info?: TorchInfo;
}

function probe(name: string): ProbeResult {
  try {
    if (name === 'text') {
      loadAddon('text');
      return { loads: true };
    }
    const addon = loadTorchAddon() as { torchInfo(): TorchInfo };
    return { loads: true, info: addon.torchInfo() };
  } catch (error) {
    return { loads: false, reason: (error as Error).message };
  }
}

process.stdout.write(JSON.stringify(probe(process.argv[2] ?? '')));
