/** `foothold score`: JSON lines of pairs → their similarity, the step reward. */
import { open } from 'node:fs/promises';
import { stdin } from 'node:process';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Pair, ScoredPair } from '../../difflib/score.js';
import { UserError } from '../../errors.js';
import type { Command } from '../command.js';
import { exitOnSignals } from '../exit_on_signals.js';
import { UsageError } from '../failure.js';

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
    const { readJsonLines } = await import('../../data/lines.js');
    const lines = readJsonLines(args.file === '-' ? 'standard input' : args.file, await bytesOf(args.file));
    const options = { autojunk: args.autojunk, ...(args.threads !== undefined && { threads: threads(args.threads) }) };
    const { writeLines } = await import('../output.js');
    await writeLines(linesOf(scorePairs(pairsOf(lines), options), args));
  },
};

/** The bytes of a file, or of standard input for `-`. */
async function bytesOf(file: string): Promise<AsyncIterable<Buffer>> {
  if (file === '-') return stdin;
  try {
    const handle = await open(file);
    if ((await handle.stat()).isDirectory()) throw new Error('it is a folder');
    return handle.createReadStream({ highWaterMark: 1 << 20 });
  } catch (cause) {
    throw new UserError(`${file} cannot be read: ${(cause as Error).message}. Name a file of JSON lines, or - .`);
  }
}

function threads(count: number): number {
  if (Number.isInteger(count) && count >= 1) return count;
  throw new UsageError('--threads must be a whole number from 1.');
}

async function* pairsOf(lines: AsyncIterable<{ value: unknown; where: string }>): AsyncGenerator<Pair> {
  for await (const { value, where } of lines) {
    const { a, b } = (value ?? {}) as Partial<Pair>;
    if (typeof a === 'string' && typeof b === 'string') yield { a, b };
    else {
      const wrong = typeof a === 'string' ? 'b' : 'a';
      throw new UserError(`${where}: "${wrong}" is missing or no string. Every line must be {"a": "…", "b": "…"}.`);
    }
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
  if (args.html !== undefined) exitOnSignals();
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
