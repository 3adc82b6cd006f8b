/** Grade-school problems as in GSM8K: `question`, and `answer` with a step a line and `#### <number>` at the end. */
import { firstText, rowId } from '../row.js';
import { type Format, NO_PROBLEM, NO_SOLUTION } from './format.js';

const FINAL_LINE = /^[ \t]*####[ \t]*(.*)$/m;

export const gsm8k: Format = {
  name: 'gsm8k',

  recognises: (value) =>
    typeof value.question === 'string' &&
    typeof value.answer === 'string' &&
    FINAL_LINE.test(value.answer) &&
    !('steps' in value),

  parse(row, options) {
    const problem = (firstText(row, ['question', 'problem']) ?? '').trim();
    const source = firstText(row, ['answer', 'solution']) ?? '';
    if (problem === '') return { drop: NO_PROBLEM };
    if (source.trim() === '') return { drop: NO_SOLUTION };
    const final = FINAL_LINE.exec(source);
    if (final === null) return { drop: 'no line "#### <answer>"' };

    const tidy = (text: string) => (options.keepCalculatorMarks ? text : withoutMarks(text));
    const lines = tidy(source.slice(0, final.index)).split(/\r?\n/);
    const steps = lines.map((line) => line.trim()).filter((line) => line !== '');
    const answer = final[1]!.trim();
    const id = rowId(row);
    return {
      trajectory: {
        ...(id === undefined ? {} : { id }),
        problem,
        steps: steps.map((text) => ({ text })),
        answer,
        solution: [...steps, `#### ${answer}`].join('\n'),
      },
    };
  },
};

/** `48/2 = <<48/2=24>>24` becomes `48/2 = 24`. */
function withoutMarks(text: string): string {
  return text.replace(/<<[^<>\n]*>>/g, '');
}
