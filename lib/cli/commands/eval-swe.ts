/** `foothold eval-swe`: patches for issues, as predictions for the SWE-bench harness. */
import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { SweReport } from '../../eval/swe/run.js';
import type { Command } from '../command.js';
import { exitOnSignals } from '../exit_on_signals.js';
import { UsageError } from '../failure.js';
import { modelOption, placementOptions } from '../placement.js';
import { quietOption } from '../progress/options.js';

const builder = (yargs: Argv) =>
  yargs
    .options(modelOption)
    .option('data', { type: 'string', demandOption: true, describe: 'SWE-bench rows, or trajectories of agents' })
    .option('repos', {
      type: 'string',
      demandOption: true,
      describe: 'Folder of git clones: <instance id>, <owner>__<name> or <owner>/<name>; or one clone',
    })
    .option('out', { type: 'string', demandOption: true, describe: 'File of predictions; what is in it is kept' })
    .option('setting', {
      choices: ['oracle', 'two-stage'] as const,
      default: 'oracle' as const,
      describe: 'Show the files that the reference patch changes, or let the model choose them first',
    })
    .option('name', { type: 'string', describe: 'model_name_or_path of the predictions [default: --model]' })
    .option('limit', { type: 'number', describe: 'Only the first so many issues' })
    .option('max-prompt-length', { type: 'number', describe: "Most tokens of a prompt [default: the model's context]" })
    .option('max-completion-length', { type: 'number', default: 2048, describe: 'Most tokens of an answer' })
    .option('temperature', { type: 'number', default: 0, describe: '0 takes the likeliest token each time' })
    .option('seed', { type: 'number', default: 0, describe: 'Seed of the sampling' })
    .options(placementOptions)
    .options(quietOption)
    .option('json', { type: 'boolean', default: false, describe: 'Print the report as one JSON object' });

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never;

export const evalSwe: Command<Options> = {
  command: 'eval-swe',
  describe: 'Let a model resolve issues of repositories and write predictions for the SWE-bench harness',
  examples: [
    [
      'foothold eval-swe --model runs/swe/model --data verified.jsonl --repos clones --out preds.jsonl',
      'oracle setting',
    ],
  ],
  builder,
  handler: async (options) => {
    check(options);
    exitOnSignals();
    const { readTasks } = await import('../../eval/swe/tasks.js');
    const { runSwe } = await import('../../eval/swe/run.js');
    const { loadSweModel } = await import('../../eval/swe/model.js');
    const { repos, out, setting, limit, json } = options;
    const tasks = (await readTasks(options.data)).slice(0, limit);
    const { openProgress } = await import('../progress/index.js');
    const progress = openProgress({ quiet: options.quiet });
    const model = await loadSweModel({
      ...options,
      onPhase: (phase) => progress.enter(phase),
      onProgress: (done) => progress.advance(done),
    });
    try {
      const report = await runSwe(tasks, {
        repos,
        setting,
        out,
        model,
        settings: { setting, ...model.settings },
        name: options.name ?? options.model,
        onResult: ({ id, errors }, done, total) => {
          progress.item({ done, total }, `${id}: ${errors[0]?.message ?? 'patch'}`);
        },
      });
      progress.close();
      console.log(json ? JSON.stringify(report, null, 2) : reportText(report, out));
    } finally {
      progress.close();
      model.dispose();
    }
  },
};

function reportText({ tasks, patched, kept, failed }: SweReport, out: string): string {
  return [
    `${patched} of ${tasks} issues have a patch in ${out}${kept > 0 ? ` (${kept} were done before)` : ''}`,
    ...Object.entries(failed).map(([code, count]) => `  ${count} without: ${code}`),
    'Whether they resolve the issues, the SWE-bench harness finds out:',
    `  python -m swebench.harness.run_evaluation --predictions_path ${out} --run_id foothold`,
  ].join('\n');
}

function check(options: ArgumentsCamelCase<Options>): void {
  const wholeNumbers = {
    limit: options.limit,
    'max-prompt-length': options.maxPromptLength,
    'max-completion-length': options.maxCompletionLength,
  };
  for (const [name, value] of Object.entries(wholeNumbers)) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw new UsageError(`--${name} takes a whole number from 1 on.`);
    }
  }
  if (!(options.temperature >= 0)) throw new UsageError('--temperature takes a number from 0 on.');
  if (!Number.isInteger(options.seed) || options.seed < 0 || options.seed > 0xffff_ffff) {
    throw new UsageError('--seed takes a whole number from 0 to 4294967295.');
  }
}
