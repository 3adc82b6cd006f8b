/**
 * Solutions written as numbered steps, such as DeepSeek-R1's attempts in s1K-1.1: `1. **Title** …`. `outline.ts` says
 * how they are cut. A row that is no list of steps still serves where the whole solution is asked for (`unit: whole`).
 */
import { boxedAnswer } from '../../eval/math/boxed.js';
import { outlineOf } from '../outline.js';
import { type Row, requiredText, rowId, scalarField, textField } from '../row.js';
import { type Format, NO_PROBLEM, NO_SOLUTION } from './format.js';

const PROBLEM = ['question', 'problem'];
/** Columns that hold an attempt of a model, by preference; only then the reference solution. */
const ATTEMPTS = ['deepseek_attempt', 'gemini_attempt', 'attempt'];
const SOLUTIONS = [...ATTEMPTS, 'solution', 'response', 'output'];
/** A reference solution that is no longer than this, on one line, is taken to be the answer itself. */
const LONGEST_ANSWER = 100;

export const numbered: Format = {
  name: 'numbered',

  recognises(value) {
    if (!PROBLEM.some((key) => typeof value[key] === 'string') || 'steps' in value) return false;
    if (ATTEMPTS.some((key) => key in value)) return true;
    const text = SOLUTIONS.map((key) => value[key]).find((item) => typeof item === 'string');
    return text !== undefined && 'steps' in outlineOf(text as string);
  },

  parse(row, { solutionField }) {
    const problem = requiredText(row, PROBLEM).trim();
    if (problem === '') return { drop: NO_PROBLEM };
    const column = solutionField ?? SOLUTIONS.find((key) => key in row.value);
    const text =
      column !== undefined && row.value[column] === null ? '' : requiredText(row, column ? [column] : SOLUTIONS);
    if (text.trim() === '') return { drop: NO_SOLUTION };

    const outline = outlineOf(text);
    const steps = 'steps' in outline ? outline.steps : [];
    const kept = steps.filter((step) => step.text !== '');
    const answer = answerOf(row, column!, text);
    const id = rowId(row);
    return {
      trajectory: {
        ...(id === undefined ? {} : { id }),
        problem,
        steps: kept,
        ...(answer === undefined ? {} : { answer }),
        solution: text.trim(),
      },
      leftOut: { 'blank step': steps.length - kept.length },
      ...('reason' in outline ? { whyNoSteps: outline.reason } : {}),
    };
  },
};

/** The reference answer where the row has one, else the one in the solution text's last box. */
function answerOf(row: Row, column: string, text: string): string | undefined {
  const answer = scalarField(row, 'answer')?.trim();
  if (answer) return answer;
  const reference = column === 'solution' ? undefined : textField(row, 'solution')?.trim();
  if (reference) {
    const boxed = boxedAnswer(reference);
    if (boxed !== null) return boxed;
    if (reference.length <= LONGEST_ANSWER && !reference.includes('\n')) return reference;
  }
  return boxedAnswer(text) ?? undefined;
}
