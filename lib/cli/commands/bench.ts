/** `foothold bench`: how fast this machine computes the parts of a training step. */
import { availableParallelism } from 'node:os';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { shapeNames, shapes } from '../../bench/shapes.js';
import type { Pair } from '../../difflib/score.js';
import type { Command } from '../command.js';
import { UsageError } from '../failure.js';
import { placementOptions } from '../placement.js';

const commonOptions = {
  repetitions: { type: 'number', default: 5, describe: 'Timed repetitions, after one that warms up' },
  json: { type: 'boolean', default: false, describe: 'Print one JSON object' },
} as const;

const modelOptions = (yargs: Argv) =>
  yargs
    .option('shape', {
      choices: shapeNames,
      default: 'small' as const,
      describe: 'Random model: 3, 27 or 494 M weights',
    })
    .option('prompts', { type: 'number', default: 2, describe: 'Prompts' })
    .option('prompt-length', { type: 'number', default: 512, describe: 'Tokens of each prompt' })
    .option('generations', { type: 'number', default: 8, describe: 'Completions of each prompt' })
    .option('completion-length', { type: 'number', default: 128, describe: 'Tokens of each completion' })
    .options(placementOptions)
    .options(commonOptions);

const rewardOptions = (yargs: Argv) =>
  yargs
    .option('pairs', { type: 'string', describe: 'JSON lines {"a": …, "b": …} to compare instead of built-in texts' })
    .option('threads', {
      type: 'number',
      describe: 'Measure one thread, two, … up to this many; all cores if left out',
    })
    .option('autojunk', { type: 'boolean', default: false, describe: "Python's heuristic for long texts" })
    .options(commonOptions);

type OptionsOf<Builder extends (yargs: Argv) => Argv<unknown>> = ArgumentsCamelCase<
  ReturnType<Builder> extends Argv<infer Options> ? Options : never
>;

export const bench: Command = {
  command: 'bench',
  describe: 'Measure the speed of rewards, rollouts and updates on this machine',
  examples: [
    ['foothold bench update', 'one optimizer step: tokens/s, share of matrix products, peak memory'],
    ['foothold bench rollout --shape 0.5b --completion-length 64 --json', 'sampling with a larger model'],
    ['foothold bench reward --pairs pairs.jsonl', 'pairs/s on your own texts'],
  ],
  builder: (yargs) =>
    yargs
      .command('reward', "Pairs/s of SequenceMatcher's ratio, by threads", rewardOptions, measureReward)
      .command('rollout', 'Tokens/s of sampling completions', modelOptions, (o) => measureModel('rollout', o))
      .command('update', 'Tokens/s of an optimizer step', modelOptions, (o) => measureModel('update', o))
      .demandCommand(1, 'Name what to measure: foothold bench reward, rollout or update.'),
  // One of the three above runs in its place.
  handler: async () => {},
};

async function measureModel(name: 'rollout' | 'update', options: OptionsOf<typeof modelOptions>): Promise<void> {
  const { shape, prompts, promptLength, generations, completionLength, repetitions, device, dtype, json } = options;
  const work = { prompts, promptLength, generations, completionLength };
  for (const [key, value] of Object.entries({ ...work, repetitions })) requireCount(key, value);
  const { maxPositions } = shapes[shape];
  if (promptLength + completionLength > maxPositions) {
    throw new UsageError(
      `--prompt-length ${promptLength} and --completion-length ${completionLength} are together more than the ${maxPositions} tokens that the model takes.`,
    );
  }
  const { runModelBench } = await import('../../bench/run.js');
  await runModelBench(name, json, { ...work, shape, repetitions, device, dtype });
}

async function measureReward(options: OptionsOf<typeof rewardOptions>): Promise<void> {
  const { pairs: file, autojunk, repetitions, threads = availableParallelism(), json } = options;
  for (const [key, value] of Object.entries({ threads, repetitions })) requireCount(key, value);
  const { readPairs } = await import('../pairs.js');
  const pairs: Pair[] = [];
  if (file !== undefined) for await (const pair of readPairs(file)) pairs.push(pair);
  const { runRewardBench } = await import('../../bench/run.js');
  await runRewardBench(json, {
    pairs: file === undefined ? undefined : { name: file, pairs },
    threads,
    autojunk,
    repetitions,
  });
}

function requireCount(key: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  const option = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(`--${option} takes a whole number from 1 on`);
}
