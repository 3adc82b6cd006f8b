/** What the numbers of an evaluation may be. */
import type { EvalOptions } from './evaluate.js';

type Name = 'samples' | 'maxCompletionLength' | 'limit' | 'batchSize' | 'seed' | 'temperature' | 'topP';

const LARGEST = 0xffff_ffff;
const wholeFrom = (least: number) => (value: number) => Number.isInteger(value) && value >= least && value <= LARGEST;
const COUNT = { takes: 'a whole number from 1 on', holds: wholeFrom(1) };
const RULES: Record<Name, { takes: string; holds(value: number): boolean }> = {
  samples: COUNT,
  maxCompletionLength: COUNT,
  limit: COUNT,
  batchSize: COUNT,
  seed: { takes: `a whole number from 0 to ${LARGEST}`, holds: wholeFrom(0) },
  temperature: { takes: 'a number from 0 on', holds: (value) => value >= 0 },
  topP: { takes: 'a number above 0, up to 1', holds: (value) => value > 0 && value <= 1 },
};

/** The first number that is given and not allowed, with what it takes. */
export function wrongNumber(given: Pick<EvalOptions, Name>): { name: Name; takes: string } | undefined {
  const names = Object.keys(RULES) as Name[];
  const name = names.find((name) => given[name] !== undefined && !RULES[name].holds(given[name]));
  return name && { name, takes: RULES[name].takes };
}
