/** A user's own way to split rows into steps: one function in a module of theirs. */
import { resolve } from 'node:path';
import { UserError } from '../errors.js';
import { importModule } from '../import_module.js';
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
  let exported: unknown;
  try {
    ({ default: exported } = await importModule(resolve(path)));
  } catch (cause) {
    throw new UserError(`The splitter ${path} cannot be loaded: ${(cause as Error).message}.`);
  }
  if (typeof exported === 'function') return exported as Splitter;
  throw new UserError(`The splitter ${path} must export a function as default, but it exports ${typeName(exported)}.`);
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
