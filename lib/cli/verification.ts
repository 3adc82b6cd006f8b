/** What `foothold verify` does. */
import { stdin } from 'node:process';
import { inputFiles } from '../data/files.js';
import { readJsonLines } from '../data/lines.js';
import { isObject, type Row, scalarField, typeName, wrongType } from '../data/row.js';
import { UserError } from '../errors.js';
import { type AnswerPair, type VerifyOptions, verifyAnswer } from '../eval/index.js';

/**
 * One line `{ equal, gold, pred }` for each line read, in order and as soon as it is known.
 *
 * @param file JSON lines of `{ gold, pred }`, optionally with `strict`; `-` is standard input
 * @throws UserError that names the line which is no such object
 */
export async function* verifyLines(file: string, options: VerifyOptions): AsyncGenerator<string> {
  for await (const { value, where } of file === '-' ? readJsonLines('standard input', stdin) : linesOf(file)) {
    const { gold, pred, strict } = toPair(value, where);
    yield JSON.stringify(await verifyAnswer(gold, pred, strict === undefined ? options : { ...options, strict }));
  }
}

async function* linesOf(input: string): ReturnType<typeof readJsonLines> {
  for (const file of await inputFiles(input)) yield* readJsonLines(file);
}

function toPair(value: unknown, where: string): AnswerPair {
  if (!isObject(value)) throw new UserError(`${where}: expected a JSON object, but found ${typeName(value)}.`);
  const row: Row = { value, where };
  const { strict } = value;
  if (strict !== undefined && typeof strict !== 'boolean') throw wrongType(row, 'strict', 'true or false', strict);
  const pair = { gold: answerField(row, 'gold'), pred: answerField(row, 'pred') };
  return strict === undefined ? pair : { ...pair, strict };
}

/** A missing answer is a mistake in the file; an empty one is a wrong answer. */
function answerField(row: Row, key: string): string {
  const text = scalarField(row, key);
  if (text === undefined) throw wrongType(row, key, 'a string or a number', row.value[key]);
  return text;
}
