/** Every command of `foothold`, in the order in which `--help` lists them. */
import type { CommandModule } from 'yargs';
import { doctor } from './doctor.js';

// Each command declares options of its own type; yargs takes them together as unknown.
export const commands = [doctor] as CommandModule[];
