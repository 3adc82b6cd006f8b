/** The parts that work has, and how far they are in words. */
import type { Phase } from '../../train/index.js';
import { bytes, count, percent } from './words.js';

export type Activity = Phase | 'prepare' | 'score' | 'evaluate' | 'export';

type Unit = (done: number, total: number) => string;

const share: Unit = (done, total) => (total > 0 ? percent(done / total) : '');
const tally =
  (noun: string): Unit =>
  (done, total) =>
    total > 0 ? `${count(done)} of ${count(total)} ${noun}` : `${count(done)} ${noun}`;

const activities: Record<Activity, [what: string, unit: Unit]> = {
  fetch: ['fetching the model', (done, total) => `${percent(done / total)} of ${bytes(total)}`],
  data: ['reading data', tally('rows')],
  load: ['loading the model', share],
  rollout: ['sampling', share],
  reward: ['scoring', share],
  update: ['updating', share],
  validation: ['validating', share],
  checkpoint: ['saving', share],
  prepare: ['making instances', tally('rows')],
  score: ['comparing', tally('pairs')],
  evaluate: ['evaluating', share],
  export: ['writing', tally('tensors')],
};

/** `sampling 45 %`, `fetching the model 12 % of 269 MB` */
export function activityText(activity: Activity, progress: { done: number; total: number } | undefined): string {
  const [what, unit] = activities[activity];
  return progress ? `${what} ${unit(progress.done, progress.total)}`.trimEnd() : what;
}
