/** The base model of the quickstart, which comes with Foothold; `scripts/quickstart-base.ts` made it. */
import { join } from 'node:path';
import { packageRoot } from '../../bindings/load.js';

const folder = join(packageRoot, 'lib', 'quickstart');

/** Folder of the base model. */
export const BASE_MODEL = join(folder, 'model');
/** Prompt template: the problem and the steps so far, a line each. */
export const TEMPLATE = join(folder, 'template.txt');
