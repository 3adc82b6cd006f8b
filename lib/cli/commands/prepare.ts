/** `foothold prepare`: expert solutions of any known format → step instances, with a report. */
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { DROP_STEPS, FORMATS, MAPPABLE } from '../../data/options.js';
import type { PrepareOptions } from '../../data/prepare.js';
import type { Command } from '../command.js';
import { exitOnSignals } from '../exit_on_signals.js';
import { UsageError } from '../failure.js';
import type { Progress } from '../progress/index.js';
import { quietOption } from '../progress/options.js';

const DEFAULT_FRACTION = 0.05;

const builder = (yargs: Argv) =>
  yargs
    .positional('input', {
      type: 'string',
      demandOption: true,
      describe: 'JSON lines, JSON or Parquet: a file, a folder, or a pattern such as "runs/*.traj.json"',
    })
    .option('out', { type: 'string', demandOption: true, describe: 'File for the instances, JSON lines' })
    .option('format', { choices: FORMATS, describe: 'Format of the input; recognised by itself when left out' })
    .option('map', {
      type: 'string',
      describe: 'Columns of ready instances: prompt=input_prompt,target=expert_action',
    })
    .option('splitter', { type: 'string', describe: 'Module whose default export makes a trajectory of a row' })
    .option('drop-step', { choices: DROP_STEPS, default: 'last' as const, describe: 'Step that is never asked for' })
    .option('title', {
      choices: ['target', 'context'] as const,
      default: 'target' as const,
      describe: "Where a step's title goes: written by the model, or given to it as a hint",
    })
    .option('unit', {
      choices: ['step', 'whole'] as const,
      default: 'step' as const,
      describe: 'An instance a step, or one a problem that asks for the whole solution',
    })
    .option('validation-out', { type: 'string', describe: 'File for the problems held out' })
    .option('validation-fraction', {
      type: 'number',
      describe: `Share of the problems held out [default: ${DEFAULT_FRACTION}]`,
    })
    .option('validation-count', { type: 'number', describe: 'Number of problems held out' })
    .option('seed', { type: 'number', default: 0, describe: 'Chooses the problems held out' })
    .option('keep-calculator-marks', { type: 'boolean', default: false, describe: 'gsm8k: keep <<48/2=24>>' })
    .option('solution-field', { type: 'string', describe: 'numbered: column that holds the steps' })
    .option('resolved-only', { type: 'boolean', default: false, describe: 'swe: only runs that resolved the issue' })
    .option('context-pairs', { type: 'number', default: 2, describe: 'swe: actions and observations shown' })
    .option('max-observation-chars', {
      type: 'number',
      default: 2000,
      describe: 'swe: longer ones lose their middle',
    })
    .option('model', {
      type: 'string',
      describe: 'Folder, GGUF file or Hugging Face id of a model: lengths in its tokens too',
    })
    .options(quietOption)
    .option('json', { type: 'boolean', default: false, describe: 'Print the report as one JSON object' });

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never;
type Arguments = ArgumentsCamelCase<Options>;

export const prepare: Command<Options> = {
  command: 'prepare <input>',
  describe: 'Make step instances of expert solutions and report what was kept and why the rest was not',
  examples: [
    ['foothold prepare s1k.parquet --out steps.jsonl', 'cut numbered solutions into steps'],
    ['foothold prepare runs/ --out steps.jsonl --resolved-only', 'agent trajectories of a folder'],
  ],
  builder,
  handler: async (args) => {
    const { prepare: run } = await import('../../data/prepare.js');
    const { summary } = await import('../../data/summary.js');
    const { openProgress } = await import('../progress/index.js');
    exitOnSignals();
    const progress = openProgress({ quiet: args.quiet });
    const report = await (async () => {
      const countTokens = args.model === undefined ? {} : { countTokens: await tokenCounter(args.model, progress) };
      progress.enter('prepare');
      const onRow = (rows: number) => progress.advance({ done: rows, total: 0 });
      return run(args.input, { ...prepareOptions(args), ...countTokens, onRow });
    })().finally(() => progress.close());
    console.log(args.json ? JSON.stringify(report, null, 2) : summary(args.input, report));
  },
};

function prepareOptions(args: Arguments): PrepareOptions {
  return {
    out: args.out,
    dropStep: args.dropStep,
    title: args.title,
    unit: args.unit,
    keepCalculatorMarks: args.keepCalculatorMarks,
    resolvedOnly: args.resolvedOnly,
    contextPairs: whole('context-pairs', args.contextPairs, 0),
    maxObservationChars: whole('max-observation-chars', args.maxObservationChars, 1),
    ...(args.format && { format: args.format }),
    ...(args.map && { map: columnMap(args.map) }),
    ...(args.splitter && { splitter: args.splitter }),
    ...(args.solutionField && { solutionField: args.solutionField }),
    ...validationOptions(args),
  };
}

function validationOptions(args: Arguments): Pick<PrepareOptions, 'validation' | 'validationOut'> {
  const { validationOut, validationFraction, validationCount } = args;
  if (validationOut === undefined) {
    if (validationFraction === undefined && validationCount === undefined) return {};
    throw new UsageError('The problems held out need a file of their own: give --validation-out.');
  }
  if (validationFraction !== undefined && validationCount !== undefined) {
    throw new UsageError('Give --validation-fraction or --validation-count, not both.');
  }
  const size =
    validationCount === undefined ? { fraction: validationFraction ?? DEFAULT_FRACTION } : { count: validationCount };
  return { validationOut, validation: { ...size, seed: whole('seed', args.seed, 0) } };
}

function whole(option: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new UsageError(`--${option} must be a whole number from ${least}.`);
}

/** `prompt=input_prompt,target=expert_action` as a record. */
function columnMap(text: string): Record<string, string> {
  const entries = text.split(',').map((pair) => {
    const [ours = '', theirs = ''] = pair.split('=').map((name) => name.trim());
    if (MAPPABLE.includes(ours) && theirs !== '') return [ours, theirs] as const;
    throw new UsageError(`--map: "${pair}" is not NAME=COLUMN with a NAME of ${MAPPABLE.join(', ')}.`);
  });
  return Object.fromEntries(entries);
}

async function tokenCounter(model: string, progress: Progress): Promise<(text: string) => number> {
  const { fetchModel } = await import('../progress/index.js');
  const { tokenizer } = await fetchModel(model, progress);
  return (text) => tokenizer.encode(text, { addSpecialTokens: false }).length;
}
