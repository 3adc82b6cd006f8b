/** Configuration and environment of a run, as text to be shown. */
import { parse } from 'yaml';
import { UserError } from '../errors.js';
import type { Entries, RunHead } from './payload.js';
import type { RunFiles } from './run_files.js';

/** What comparing an action with the expert's step depends on, a stage each. */
export interface Comparison {
  autojunk: boolean;
  /** SequenceMatcher's first argument is the expert's step. */
  expertFirst: boolean;
}

export interface RunSettings {
  head: RunHead;
  comparisons: Comparison[];
}

/** Of `events.jsonl`, which warnings may make long, the end is shown. */
const MAX_EVENT_BYTES = 1 << 16;

/** @throws UserError when config.yaml or environment.json cannot be read. */
export async function readSettings(files: RunFiles): Promise<RunSettings> {
  const config = parsed(files, 'config.yaml', await files.read('config.yaml'), parse);
  const environment = parsed(files, 'environment.json', await files.read('environment.json'), JSON.parse);
  const stages = asList((config as { stages?: unknown } | null)?.stages);
  const maxSteps = stages.map(({ maxSteps }) => maxSteps);
  const known = maxSteps.length > 0 && maxSteps.every((steps): steps is number => typeof steps === 'number');
  return {
    head: {
      name: files.name,
      settings: flatten(config),
      environment: flatten(environment),
      totalSteps: known ? maxSteps.reduce((sum, steps) => sum + steps, 0) : null,
      ...history(await files.readEnd('events.jsonl', MAX_EVENT_BYTES)),
    },
    comparisons: stages.map(({ autojunk, argumentOrder }) => ({
      autojunk: autojunk === true,
      expertFirst: argumentOrder === 'expertAction',
    })),
  };
}

function parsed(files: RunFiles, name: string, text: string | undefined, parser: (text: string) => unknown): unknown {
  if (text === undefined) return {};
  try {
    return parser(text);
  } catch (error) {
    throw new UserError(`${files.path}/${name} is not valid: ${(error as Error).message}`);
  }
}

/** Events as lines of text, and what the last of them makes of the run. */
function history(lines: readonly string[]): Pick<RunHead, 'state' | 'events'> {
  const events = lines.flatMap((line) => {
    const { time, event, ...details } = parseEvent(line);
    return typeof time === 'string' && typeof event === 'string' ? [{ time, event, details }] : [];
  });
  const states: Record<string, RunHead['state']> = { finished: 'finished', stopped: 'stopped', failed: 'failed' };
  const last = events.findLast(({ event }) => event !== 'warning')?.event ?? '';
  return {
    state: Object.hasOwn(states, last) ? states[last]! : 'running',
    events: events.map(({ time, event, details }) => [
      time,
      [event, ...flatten(details).map(([key, value]) => (key === 'message' ? value : `${key} ${value}`))].join(', '),
    ]),
  };
}

function parseEvent(line: string): Record<string, unknown> {
  try {
    return (JSON.parse(line) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function asList(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map((item) => (item ?? {}) as Record<string, unknown>) : [];
}

/** Leaves of a tree by dotted key. A list of plain values is one leaf. */
function flatten(value: unknown, key = ''): Entries {
  const isTree = typeof value === 'object' && value !== null;
  const isLeaf = !isTree || (Array.isArray(value) && value.every((item) => typeof item !== 'object'));
  if (isLeaf) return key === '' ? [] : [[key, typeof value === 'string' ? value : (JSON.stringify(value) ?? '')]];
  return Object.entries(value).flatMap(([name, child]) => flatten(child, key === '' ? name : `${key}.${name}`));
}
