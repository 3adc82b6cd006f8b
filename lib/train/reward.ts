import type { Scorer } from '../reward/index.js';
import type { Group, ScoredGroup } from './rollout.js';

/** Score every completion of the groups in one call. */
export async function reward(groups: readonly Group[], scorer: Scorer): Promise<ScoredGroup[]> {
  const scores = await scorer.score(
    groups.flatMap(({ instance, prompt, prefilled, completions }) =>
      completions.map(({ text, finished }) => ({ instance, prompt, prefilled, completion: text, finished })),
    ),
  );
  let row = 0;
  return groups.map((group) => ({ ...group, scores: group.completions.map(() => scores[row++]!) }));
}
