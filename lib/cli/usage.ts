/** Messages for a command line that cannot be understood; an unknown name gets the nearest known one as a suggestion. */
import type { Argv } from 'yargs';
import { commands } from './commands/index.js';
import { UsageError } from './failure.js';

/** Of yargs's own table of options, public in yargs and left out of its types. */
interface OptionTable {
  key: Record<string, true>;
  array: string[];
  number: string[];
  string: string[];
  default: Record<string, unknown>;
}

const optionTable = (parser: Argv) => (parser as unknown as { getOptions(): OptionTable }).getOptions();

/** The error for a message of yargs, whose language is set to English. */
export function usageError(message: string, parser: Argv, words: readonly string[]): UsageError {
  const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1]?.split(', ')[0];
  if (unknown !== undefined) return unknownName(unknown, parser, words);
  const command = commands.find(
    ({ command: usage }) => usage.split(' ')[0] === words.find((word) => !word.startsWith('-')),
  );
  if (command && message.startsWith('Not enough non-option')) {
    return new UsageError(`Too few arguments: foothold ${command.command}`);
  }
  const required = /^Missing required arguments?: (.+)$/.exec(message)?.[1];
  if (required) return new UsageError(`Missing ${required.replace(/(?<=^|, )/g, '--')}.`);
  // "Invalid values:" comes in several lines.
  return new UsageError(message.replace(/\s*\n\s*/g, ' '));
}

/** Refuse what yargs lets pass: a number that is none, an option without its value, and one given twice that takes one. */
export function checkValues(values: Record<string, unknown>, parser: Argv, words: readonly string[]): true {
  const { array, number, string, default: defaults } = optionTable(parser);
  for (const [name, value] of Object.entries(values)) {
    const severalAllowed = name === '_' || array.includes(name) || Array.isArray(defaults[name]);
    if (Array.isArray(value) && !severalAllowed) throw new UsageError(`--${name} is given ${value.length} times.`);
    if (number.includes(name) && Number.isNaN(value)) throw new UsageError(`--${name} takes a number.`);
    if (!number.includes(name) && !string.includes(name)) continue;
    // `--no-out` makes it false.
    if (value === false || lacksValue(name, words, number.includes(name))) {
      throw new UsageError(`--${name} takes a value.`);
    }
  }
  return true;
}

/** Stands the option at the end, before another one, or, a number's, with nothing behind its equals sign? */
function lacksValue(name: string, words: readonly string[], isNumber: boolean): boolean {
  return words.some((word, i) => {
    if (isNumber && word === `--${name}=`) return true;
    return word === `--${name}` && (words[i + 1] === undefined || words[i + 1]!.startsWith('--'));
  });
}

function unknownName(name: string, parser: Argv, words: readonly string[]): UsageError {
  // yargs reports an option by its bare name, a word by itself.
  const option = words.find((word) => word.startsWith('-') && word.replace(/^--?(no-)?/, '').split('=')[0] === name);
  if (option) {
    const known = Object.keys(optionTable(parser).key).filter((key) => key.length > 1);
    return new UsageError(`Unknown option ${option.split('=')[0]}.${suggest(name, known, '--')}`);
  }
  if (words.find((word) => !word.startsWith('-')) === name) {
    return new UsageError(`Unknown command ${name}.${suggest(name, commandNames, '')}`);
  }
  return new UsageError(`Unexpected argument ${name}.`);
}

const commandNames = commands.map(({ command }) => command.split(' ')[0]!);

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
