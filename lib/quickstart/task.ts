/**
 * The quickstart's task: a number of two digits is taken through three additions, of which only the last two digits are
 * kept.
 *
 *     a+38 b+19 c+56: 47      the problem: begin with 47
 *     a=85                    the expert's steps …
 *     b=04
 *     c=60
 *     =60                     … the last of which states the answer and is never asked for
 *
 * A thought names the sum that is due (`47a+38`) and then either ends (quick), or goes on column by column from the
 * right, each with its carry (careful): `47a+38,7+8=15,4+3+1=08`. The expert's solutions have no thoughts.
 */
import { deriveSeed } from '../train/random.js';

/** Digits of every number. */
export const DIGITS = 2;
export const LETTERS = 'abc';
/** Every character of problems, thoughts and steps. */
export const ALPHABET = `0123456789+=,: \n${LETTERS}`;
const MODULUS = 10 ** DIGITS;

export interface Problem {
  start: number;
  /** What is added in turn, one number a letter. */
  operands: number[];
}

/** One addition of a problem: `value` is what the steps before it have led to. */
export interface Addition {
  value: number;
  letter: string;
  operand: number;
}

export type Split = 'train' | 'validation' | 'test';

/**
 * Where a problem belongs, by the last digit of the sum of its digits: 0 tests, 1 validates, the others are trained on.
 * So whatever is trained on the training problems, the base model too, has not seen a held-out one.
 */
export function splitOf({ start, operands }: Problem): Split {
  const sum = [start, ...operands].flatMap(digitsOf).reduce((total, digit) => total + digit, 0) % 10;
  return sum === 0 ? 'test' : sum === 1 ? 'validation' : 'train';
}

/** `count` different problems of one split. The same for the same seed. */
export function makeProblems(count: number, split: Split, seed: number): Problem[] {
  const problems = new Map<string, Problem>();
  for (let counter = 0; problems.size < count; counter++) {
    const number = (use: number) => deriveSeed(seed, counter, use) % MODULUS;
    const problem = { start: number(0), operands: [...LETTERS].map((_, i) => number(i + 1)) };
    if (splitOf(problem) === split) problems.set(problemText(problem), problem);
  }
  return [...problems.values()];
}

export function problemText({ start, operands }: Problem): string {
  return `${operands.map((operand, i) => `${LETTERS[i]}+${padded(operand)}`).join(' ')}: ${padded(start)}`;
}

export function additionsOf({ start, operands }: Problem): Addition[] {
  let value = start;
  return operands.map((operand, i) => {
    const addition = { value, letter: LETTERS[i]!, operand };
    value = sumOf(addition);
    return addition;
  });
}

/** What the last addition leads to, as text. */
export function answerOf(problem: Problem): string {
  return padded(sumOf(additionsOf(problem).at(-1)!));
}

/** The expert's steps; the last one states the answer. */
export function expertSteps(problem: Problem): string[] {
  return [...additionsOf(problem).map(expertStep), `=${answerOf(problem)}`];
}

export function expertStep(addition: Addition): string {
  return stepText(addition, padded(sumOf(addition)));
}

/** What the base model is taught to think and to write. */
export interface Lesson {
  thought: string;
  action: string;
}

/** Names the sum and writes what comes to mind, carries forgotten: right only where there are none. */
export function quickLesson(addition: Addition): Lesson {
  const result = columnsOf(addition).map(({ upper, lower }) => (upper + lower) % 10);
  return { thought: sumText(addition), action: stepText(addition, result.reverse().join('')) };
}

/** Names the sum and works column by column, carries included: always right. */
export function carefulLesson(addition: Addition): Lesson {
  let carry = 0;
  const columns = columnsOf(addition).map(({ upper, lower }, i) => {
    const sum = upper + lower + carry;
    const text = `${upper}+${lower}${i === 0 ? '' : `+${carry}`}=${String(sum).padStart(2, '0')}`;
    carry = Math.floor(sum / 10);
    return text;
  });
  return { thought: [sumText(addition), ...columns].join(','), action: expertStep(addition) };
}

/** Whether a carry is to be remembered; one out of the highest column is cut off. */
export function carries(addition: Addition): boolean {
  return quickLesson(addition).action !== expertStep(addition);
}

/** Whether a thought works column by column. */
export function isCareful(thought: string): boolean {
  return thought.includes(',');
}

function sumOf({ value, operand }: Addition): number {
  return (value + operand) % MODULUS;
}

function sumText({ value, letter, operand }: Addition): string {
  return `${padded(value)}${letter}+${padded(operand)}`;
}

function stepText({ letter }: Addition, result: string): string {
  return `${letter}=${result}`;
}

/** Digits that stand above each other, from the right. */
function columnsOf({ value, operand }: Addition): { upper: number; lower: number }[] {
  const lower = digitsOf(operand).reverse();
  return digitsOf(value)
    .reverse()
    .map((upper, i) => ({ upper, lower: lower[i]! }));
}

function digitsOf(number: number): number[] {
  return [...padded(number)].map(Number);
}

function padded(number: number): string {
  return String(number).padStart(DIGITS, '0');
}
