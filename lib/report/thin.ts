/** Which samples a report holds when all of them would make it too large to open. */
import type { SamplePlace } from './tables.js';

export interface Budget {
  samples: number;
  bytes: number;
}

/** Share of a budget for samples of the validation, whose instances are the same every time. */
const VALIDATION_SHARE = 0.25;

/**
 * Numbers of the samples to hold, ascending: all of them when they fit, else those of every k-th step up to the last,
 * with the smallest k that fits. What the validation leaves of its share goes to training.
 */
export function thin(places: readonly SamplePlace[], budget: Budget): number[] {
  const all = places.map((_, row) => row);
  if (fits(places, all, budget)) return all;
  const validation = everyKth(
    places,
    all.filter((row) => places[row]!.validation),
    { samples: budget.samples * VALIDATION_SHARE, bytes: budget.bytes * VALIDATION_SHARE },
  );
  const rest = { samples: budget.samples - validation.length, bytes: budget.bytes - bytesOf(places, validation) };
  const training = everyKth(
    places,
    all.filter((row) => !places[row]!.validation),
    rest,
  );
  return [...validation, ...training].sort((a, b) => a - b);
}

function everyKth(places: readonly SamplePlace[], rows: readonly number[], budget: Budget): number[] {
  const steps = new Map<string, number[]>();
  for (const row of rows) {
    const key = `${places[row]!.stage}/${places[row]!.step}`;
    steps.set(key, [...(steps.get(key) ?? []), row]);
  }
  const groups = [...steps.values()].reverse();
  for (let k = 1; k < groups.length; k++) {
    const kept = groups.filter((_, at) => at % k === 0).flat();
    if (fits(places, kept, budget)) return kept;
  }
  // Not even the last step fits: as much of it as does.
  const kept = groups[0] ?? [];
  let count = kept.length;
  while (count > 0 && !fits(places, kept.slice(0, count), budget)) count = Math.floor(count / 2);
  return kept.slice(0, count);
}

function fits(places: readonly SamplePlace[], rows: readonly number[], budget: Budget): boolean {
  return rows.length <= budget.samples && bytesOf(places, rows) <= budget.bytes;
}

function bytesOf(places: readonly SamplePlace[], rows: readonly number[]): number {
  return rows.reduce((sum, row) => sum + places[row]!.length, 0);
}
