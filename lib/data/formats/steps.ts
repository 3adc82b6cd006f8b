/**
 * Solutions that are already split: `{ problem, steps: [{ title?, text, observation?, thought? } or "text"], answer?,
 * solution? }`.
 * A row without steps still serves where the whole solution is asked for (`unit: whole`).
 */
import { requiredText, rowId, scalarField, textField } from '../row.js';
import { type Format, NO_PROBLEM } from './format.js';
import { stepList } from './step_list.js';

const PROBLEM = ['problem', 'question'];

export const steps: Format = {
  name: 'steps',

  recognises: (value) =>
    PROBLEM.some((key) => typeof value[key] === 'string') &&
    ('steps' in value || 'answer' in value || 'solution' in value),

  parse(row) {
    const problem = requiredText(row, PROBLEM).trim();
    if (problem === '') return { drop: NO_PROBLEM };
    const all = stepList(row, 'steps');
    const kept = all.filter((step) => step.text.trim() !== '');
    const answer = scalarField(row, 'answer');
    const solution = textField(row, 'solution') ?? (all.length === 0 ? answer : undefined);
    const id = rowId(row);
    return {
      trajectory: {
        ...(id === undefined ? {} : { id }),
        problem,
        steps: kept,
        ...(answer === undefined ? {} : { answer }),
        ...(solution === undefined ? {} : { solution }),
      },
      leftOut: { 'blank step': all.length - kept.length },
    };
  },
};
