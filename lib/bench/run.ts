/** What `foothold bench` does: measure, then print text or JSON. */

import type { Pair } from '../difflib/score.js';
import { UserError } from '../errors.js';
import { benchMachine } from './machine.js';
import type { ModelBenchOptions } from './model.js';
import { builtInLongPairs, builtInPairs } from './pairs.js';
import { modelText, rewardText } from './text.js';

export async function runModelBench(name: 'rollout' | 'update', json: boolean, options: ModelBenchOptions) {
  const { benchRollout, benchUpdate } = await import('./model.js');
  const { torchInfo } = await import('../../bindings/torch.js');
  const bench = name === 'rollout' ? benchRollout : benchUpdate;
  const result = await bench({ ...options, onRepetition: showProgress });
  const { version, threads, kernels } = torchInfo();
  const machine = benchMachine({ version, threads });
  if (json) print({ benchmark: name, repetitions: options.repetitions, ...result, kernels, machine });
  else process.stdout.write(modelText(name, result, options.repetitions, kernels, machine));
}

export interface RewardBenchRequest {
  /** Pairs of a file, or undefined for the built-in ones. */
  pairs: { name: string; pairs: readonly Pair[] } | undefined;
  threads: number;
  autojunk: boolean;
  repetitions: number;
}

export async function runRewardBench(json: boolean, { pairs, ...options }: RewardBenchRequest): Promise<void> {
  if (pairs?.pairs.length === 0) {
    throw new UserError(`${pairs.name} has no pairs. Give JSON lines {"a": "…", "b": "…"}, at least one.`);
  }
  const { benchReward } = await import('./reward.js');
  const sets = pairs
    ? { [pairs.name]: pairs.pairs }
    : { 'a line each': builtInPairs(), 'eight lines each': builtInLongPairs() };
  const results = benchReward({ ...options, sets, onRepetition: showProgress });
  const machine = benchMachine(null);
  const { autojunk, repetitions } = options;
  if (json) print({ benchmark: 'reward', repetitions, autojunk, results, machine });
  else process.stdout.write(rewardText(results, repetitions, machine));
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** In a terminal only: a line that overwrites itself. */
function showProgress(done: number, total: number): void {
  if (process.stderr.isTTY) process.stderr.write(done < total ? `\r${done}/${total} ` : '\r\x1b[K');
}
