/** Messages for a command line that cannot be understood; an unknown name gets the nearest known one as a suggestion. */
import type { Argv } from 'yargs';
import { commands } from './commands/index.js';
import { UsageError } from './failure.js';

/** The error for a message of yargs, whose language is set to English. */
export function usageError(message: string, parser: Argv, words: readonly string[]): UsageError {
  const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1]?.split(', ')[0];
  if (unknown === undefined) return new UsageError(message);
  // yargs reports an option by its bare name, a word by itself.
  const option = words.find((word) => word.startsWith('-') && word.replace(/^--?(no-)?/, '').split('=')[0] === unknown);
  if (option)
    return new UsageError(`Unknown option ${option.split('=')[0]}.${suggest(unknown, optionNames(parser), '--')}`);
  if (words.find((word) => !word.startsWith('-')) === unknown) {
    return new UsageError(`Unknown command ${unknown}.${suggest(unknown, commandNames, '')}`);
  }
  return new UsageError(`Unexpected argument ${unknown}.`);
}

const commandNames = commands.map(({ command }) => command.split(' ')[0]!);

function optionNames(parser: Argv): string[] {
  // Public in yargs, left out of its types.
  const { key } = (parser as unknown as { getOptions(): { key: Record<string, true> } }).getOptions();
  return Object.keys(key).filter((name) => name.length > 1);
}

function suggest(given: string, known: readonly string[], prefix: string): string {
  const [nearest] = known
    .map((name) => ({ name, distance: editDistance(given, name) }))
    .sort((a, b) => a.distance - b.distance);
  if (!nearest || nearest.distance > Math.ceil(given.length / 3)) return '';
  return ` Did you mean ${prefix}${nearest.name}?`;
}

/** Levenshtein distance: fewest insertions, deletions and substitutions that make `b` out of `a`. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, substituted));
    }
    previous = row;
  }
  return previous[b.length]!;
}
