/** The quickstart's run: its configuration, its data, and a folder that is free. */
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineConfig, type RunConfig } from '../config/index.js';
import type { Instance } from '../data/instance.js';
import { instancesOf } from '../data/instances.js';
import { makeFolder } from '../make_folder.js';
import { BASE_MODEL, TEMPLATE } from './model.js';
import { answerOf, expertSteps, makeProblems, type Problem, problemText, type Split } from './task.js';

/** Problems of each split. */
export const COUNTS: Record<Split, number> = { train: 2000, validation: 100, test: 400 };

/** A folder that does not exist or is empty: `output`, else `output-2`, `output-3`, … */
export function freeFolder(output: string): string {
  for (let n = 1; ; n++) {
    const folder = n === 1 ? output : `${output}-${n}`;
    if (!existsSync(folder) || readdirSync(folder).length === 0) return folder;
  }
}

/** @param maxSteps updates. */
export function quickstartConfig(output: string, seed: number, maxSteps: number): RunConfig {
  return defineConfig({
    model: { path: BASE_MODEL, device: 'cpu' },
    data: {
      train: dataFile(output, 'train'),
      validation: { file: dataFile(output, 'validation') },
      format: 'steps',
    },
    output,
    seed,
    method: 'srl',
    template: TEMPLATE,
    batchSize: 16,
    numGenerations: 8,
    maxPromptLength: 64,
    maxCompletionLength: 64,
    maxSteps,
    learningRate: 5e-4,
    // Only completions that are alike are left out.
    epsilonStd: 0.01,
    // At the beginning few thoughts are careful, at the end few are not: groups that differ must be looked for.
    maxSamplingRounds: 20,
    evalSteps: 5,
    saveSteps: 0,
  });
}

/** Write the three splits into the run's folder, as files that `foothold train` reads. */
export async function writeData(output: string, problems: Record<Split, readonly Problem[]>): Promise<void> {
  await makeFolder(join(output, 'data'));
  for (const [split, list] of Object.entries(problems) as [Split, Problem[]][]) {
    await writeFile(dataFile(output, split), list.map((problem) => `${JSON.stringify(row(problem))}\n`).join(''));
  }
}

export function makeSplits(seed: number): Record<Split, Problem[]> {
  const make = (split: Split) => makeProblems(COUNTS[split], split, seed);
  return { train: make('train'), validation: make('validation'), test: make('test') };
}

/** The steps of a problem that are asked for, each after the expert's steps before it: N steps make N − 1 instances. */
export function instancesOfProblem(problem: Problem): Instance[] {
  const text = problemText(problem);
  return instancesOf({ id: text, problem: text, steps: expertSteps(problem).map((step) => ({ text: step })) });
}

function row(problem: Problem) {
  return { problem: problemText(problem), steps: expertSteps(problem), answer: answerOf(problem) };
}

function dataFile(output: string, split: Split): string {
  return join(output, 'data', `${split}.jsonl`);
}
