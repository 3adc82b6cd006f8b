/** `foothold score`: JSON lines of pairs → their similarity, the step reward. */
import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { ScoredPair } from '../../difflib/score.js';
import type { Command } from '../command.js';
import { exitOnSignals } from '../exit_on_signals.js';
import { UsageError } from '../failure.js';
import type { Progress } from '../progress/index.js';
import { quietOption } from '../progress/options.js';

const TITLE = 'Similarity of actions';
const SIDES = ["a, the model's action", "b, the expert's step"] as const;

const builder = (yargs: Argv) =>
  yargs
    .positional('file', {
      type: 'string',
      default: '-',
      describe: 'JSON lines {"a": "action", "b": "expert step"}; - reads standard input',
    })
    .option('autojunk', {
      type: 'boolean',
      default: false,
      describe: "Python's heuristic for texts from 200 characters",
    })
    .option('threads', { type: 'number', describe: 'Threads to use; all cores when left out' })
    .option('blocks', { type: 'boolean', default: false, describe: 'Print the matching blocks [a, b, size] too' })
    .options(quietOption)
    .option('html', { type: 'string', describe: 'Also draw the pairs with their matching blocks into this file' });

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never;
type Arguments = ArgumentsCamelCase<Options>;

export const score: Command<Options> = {
  command: 'score [file]',
  describe: 'Print the similarity of pairs of texts, the reward for a step',
  examples: [
    ['foothold score pairs.jsonl', 'one {"ratio": …} for each line, in order'],
    ['foothold score pairs.jsonl --html pairs.html', 'see what matched'],
  ],
  builder,
  handler: async (args) => {
    const { scorePairs } = await import('../../difflib/score.js');
    const { readPairs } = await import('../pairs.js');
    const options = { autojunk: args.autojunk, ...(args.threads !== undefined && { threads: threads(args.threads) }) };
    const { writeLines } = await import('../output.js');
    const { openProgress } = await import('../progress/index.js');
    // Results that pass over the screen are their own progress.
    const progress = openProgress({ quiet: args.quiet || process.stdout.isTTY === true });
    progress.enter('score');
    try {
      await writeLines(linesOf(counted(scorePairs(readPairs(args.file), options), progress), args));
    } finally {
      progress.close();
    }
  },
};

function threads(count: number): number {
  if (Number.isInteger(count) && count >= 1) return count;
  throw new UsageError('--threads must be a whole number from 1.');
}

async function* counted<T>(items: AsyncIterable<T>, progress: Progress): AsyncGenerator<T> {
  let done = 0;
  for await (const item of items) {
    if (++done % 1000 === 0) progress.advance({ done, total: 0 });
    yield item;
  }
}

/** A line of output for each pair; on the way, the page is drawn. */
async function* linesOf(pairs: AsyncIterable<ScoredPair>, args: Arguments): AsyncGenerator<string> {
  if (!args.blocks && args.html === undefined) {
    for await (const { ratio } of pairs) yield `{"ratio":${ratio}}`;
    return;
  }
  const { SequenceMatcher } = await import('../../difflib/index.js');
  const { DiffPage } = await import('../../report/diff_page.js');
  exitOnSignals();
  const page = args.html === undefined ? undefined : await DiffPage.open(args.html, TITLE, SIDES);
  try {
    for await (const { a, b, ratio } of pairs) {
      const blocks = new SequenceMatcher(null, a, b, args.autojunk).getMatchingBlocks();
      await page?.add(`ratio ${ratio.toFixed(4)}`, a, b, blocks);
      yield JSON.stringify({ ratio, ...(args.blocks && { blocks: blocks.map((block) => Object.values(block)) }) });
    }
    await page?.commit();
  } catch (error) {
    await page?.discard();
    throw error;
  }
}
