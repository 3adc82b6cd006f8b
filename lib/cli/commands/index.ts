/** Every command of `foothold`, in the order in which `--help` lists them. */
import type { Command } from '../command.js';
import { doctor } from './doctor.js';
import { setup } from './setup.js';

// Each command has options of its own type; together they are known by their common part alone.
export const commands = [setup, doctor] as unknown as Command[];
