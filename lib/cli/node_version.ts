/** Imported before all else by the command line: on a Node that is too old this says so and ends the process. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../../bindings/load.js';

createRequire(import.meta.url)(join(packageRoot, 'scripts', 'node-version.cjs'));
