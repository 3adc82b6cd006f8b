/** A user's own way to split rows into steps: one function in a module of theirs. */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../errors.js';
import type { Outcome, ParsedTrajectory } from './formats/format.js';
import { isObject, type Row, typeName } from './row.js';

/**
 * Makes a trajectory of one row. Given the row as it was read and a text that says where (file and line); returns
 * problem and steps, or a text that says why the row is dropped. May throw for rows that must not occur.
 *
 * @example
 * const split: Splitter = (row) =>
 *   typeof row.proof === 'string'
 *     ? { problem: String(row.claim), steps: row.proof.split('\n\n').map((text) => ({ text })) }
 *     : 'no proof';
 * export default split;
 */
export type Splitter = (row: Record<string, unknown>, where: string) => ParsedTrajectory | string;

/**
 * Load a module's default export as a splitter.
 *
 * @param path of a JavaScript module, or of a TypeScript module where Node or an installed tsx can load it
 * @throws UserError when there is no such module or it exports no function
 */
export async function loadSplitter(path: string): Promise<Splitter> {
  let module: { default?: unknown };
  try {
    module = await importModule(resolve(path));
  } catch (cause) {
    throw new UserError(`The splitter ${path} cannot be loaded: ${(cause as Error).message}.`);
  }
  // TypeScript in a folder without "type": "module" arrives as CommonJS, its exports in `default`.
  const exported = isObject(module.default) ? module.default.default : module.default;
  if (typeof exported === 'function') return exported as Splitter;
  throw new UserError(`The splitter ${path} must export a function as default, but it exports ${typeName(exported)}.`);
}

async function importModule(file: string): Promise<{ default?: unknown }> {
  const url = pathToFileURL(file).href;
  try {
    return await import(url);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw cause;
  }
  // Node before 22.18 knows no TypeScript: tsx does, where it is installed beside the splitter or in the project.
  for (const from of [file, resolve('package.json')]) {
    try {
      // `resolve` finds the CommonJS twin of the module that can be imported.
      const tsx = createRequire(from)
        .resolve('tsx/esm/api')
        .replace(/\.cjs$/, '.mjs');
      const { tsImport } = (await import(pathToFileURL(tsx).href)) as typeof import('tsx/esm/api');
      return await tsImport(url, url);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause;
    }
  }
  throw new Error(
    `Node ${process.versions.node} imports TypeScript only with tsx. Install it (npm install tsx), use Node 22.18 or ` +
      'later, or compile the splitter to .js',
  );
}

/** What a splitter makes of a row, checked. @throws UserError that names the row when the result is not a trajectory. */
export function splitterOutcome(splitter: Splitter, row: Row): Outcome {
  let result: unknown;
  try {
    result = splitter(row.value, row.where);
  } catch (cause) {
    throw new UserError(`${row.where}: the splitter failed: ${(cause as Error).message}`);
  }
  if (typeof result === 'string') return { drop: result };
  if (!isObject(result) || typeof result.problem !== 'string' || !Array.isArray(result.steps)) {
    throw new UserError(`${row.where}: a splitter must return { problem, steps } or a text that says why not.`);
  }
  const bad = result.steps.findIndex((step) => !isObject(step) || typeof step.text !== 'string');
  if (bad >= 0) throw new UserError(`${row.where}: the splitter returned steps[${bad}] without a string "text".`);
  const trajectory = result as unknown as ParsedTrajectory;
  const steps = trajectory.steps.filter((step) => step.text.trim() !== '');
  return { trajectory: { ...trajectory, steps }, leftOut: { 'blank step': trajectory.steps.length - steps.length } };
}
