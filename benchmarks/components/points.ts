/** What is measured: a base, and four axes along which one of its numbers varies. */
import type { BenchMachine } from '../../lib/bench/machine.js';
import type { ModelBenchResult } from '../../lib/bench/model.js';
import type { Work } from '../../lib/bench/work.js';

export type Report = ModelBenchResult & { machine: BenchMachine };
export const parts = ['rollout', 'update'] as const;
export type Part = (typeof parts)[number];

export const base: Work = { prompts: 2, promptLength: 256, generations: 8, completionLength: 64 };
/** Each axis varies one number of the base. */
export const axes = {
  promptLength: { name: 'prompt length', values: [256, 512, 768, 1024] },
  generations: { name: 'completions a prompt', values: [4, 8, 16, 32] },
  prompts: { name: 'prompts', values: [1, 2, 4, 8] },
  completionLength: { name: 'completion length', values: [32, 64, 128, 256] },
} satisfies Record<keyof Work, { name: string; values: number[] }>;
export type Axis = keyof typeof axes;

export interface Point {
  part: Part;
  axis: Axis;
  value: number;
  report: Report;
}
