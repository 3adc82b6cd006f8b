/** What the quickstart tells the user, as lines of plain text no wider than asked for. */
import { join, relative } from 'node:path';
import { type Evaluation, type StepSample, standardError } from './evaluate.js';
import { plotShares } from './plot.js';
import type { QuickstartResult } from './quickstart.js';

/** What is going to happen. @param width columns of the terminal. */
export function introduction(width: number): string[] {
  return [
    ...paragraph('Foothold quickstart: a tiny model learns from expert steps (SRL)', width),
    '',
    ...paragraph(
      'Task: take a two-digit number through three additions and keep its last two digits. A problem (begin with 47) and ' +
        'the expert’s steps:',
      width,
    ),
    '  a+38 b+19 c+56: 47',
    '  a=85',
    '  b=04',
    '  c=60',
    ...paragraph(
      'For each step the model first thinks, in <think>…</think>, then acts: it writes the step. Only the action is ' +
        'scored, by its similarity to the expert’s step. The expert’s solutions hold no thoughts.',
      width,
    ),
    '',
    ...paragraph(
      'Base model: it comes with Foothold, which made it by SFT (scripts/quickstart-base.ts). It was taught two ways of ' +
        'thinking. Quick: it names the sum and writes a result in which carries are forgotten. Careful: it works ' +
        'column by column and is right. In its last lessons 92 % were quick, so it is careful only now and then. This ' +
        'preference is engineered for the demonstration; that careful thinking pays is for SRL to find out.',
      width,
    ),
  ];
}

/** @param base what the base model can do. */
export function baseLine(base: Evaluation, width: number): string[] {
  return paragraph(
    `Before: the base solves ${percent(base.accuracy)} of ${base.problems} test problems. Now it trains:`,
    width,
  );
}

/** The report at the end. @param command how the user calls foothold. */
export function report(made: QuickstartResult, width: number, command = 'npx foothold'): string[] {
  const { before, after, curve, result, stage, trainingSeconds } = made;
  if (!after) return [];
  const output = shortPath(result.output);
  return [
    ...paragraph(
      `${after.problems} test problems, greedy (${after.steps} steps; none was trained on, nor used to choose the checkpoint):`,
      width,
    ),
    '',
    ...table(before, after),
    '',
    'Exact steps on validation problems, by update:',
    ...plotShares(curve, { width: Math.min(width, 72), height: 9 }),
    '',
    ...paragraph('Of steps 1, 2 and 3 the first in the test that has a carry:', width),
    ...[1, 2, 3].flatMap((step) => {
      const i = before.samples.findIndex((sample) => sample.step === step && sample.carries);
      return comparison(before.samples[i]!, after.samples[i]!);
    }),
    '',
    ...paragraph(
      `${result.step} updates in ${Math.round(trainingSeconds)} s, each on ${stage.batchSize} instances with ${stage.numGenerations} rollouts. ` +
        `The run directory is an ordinary one: ${output}`,
      width,
    ),
    '',
    ...next(output, command),
  ];
}

function table(before: Evaluation, after: Evaluation): string[] {
  const error = ({ accuracy, problems }: Evaluation) => `± ${(100 * standardError(accuracy, problems)).toFixed(1)}`;
  const rows: [string, string, string][] = [
    ['', 'before', 'after'],
    ['problems solved alone', percent(before.accuracy), percent(after.accuracy)],
    ['  standard error', error(before), error(after)],
    ['steps exactly right', percent(before.exactSteps), percent(after.exactSteps)],
    ['mean reward of a step', before.meanReward.toFixed(3), after.meanReward.toFixed(3)],
    ['careful thoughts', percent(before.careful), percent(after.careful)],
  ];
  return rows.map(([name, ...values]) => `${name.padEnd(22)}${values.map((value) => value.padStart(9)).join('')}`);
}

function comparison(before: StepSample, after: StepSample): string[] {
  const lines = (name: string, { completion, reward, exact }: StepSample) => [
    `  ${name}  ${completion}`,
    `          ${exact ? 'right' : `wrong (expert: ${before.expert})`}, reward ${reward.toFixed(3)}`,
  ];
  const prompt = before.prompt.split('\n').map((text) => `  ${text}`);
  return ['', ...prompt, ...lines('before', before), ...lines('after ', after)];
}

function next(output: string, command: string): string[] {
  return [
    'What to try next',
    '  Ask the model:',
    `    ${command} generate --model ${join(output, 'model')} --prompt 'a+99 b+01 c+23: 45'`,
    '  Train again with another setting, from the run’s own configuration:',
    `    ${command} train ${join(output, 'config.yaml')} --set output=${output}-slow --set stages.0.learningRate=1e-4`,
    '  Train a real model on real data: docs/recipes.md begins with GSM8K',
  ];
}

/** Relative to the working directory where it lies in it. */
function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Words in lines of at most `width` columns. */
function paragraph(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
