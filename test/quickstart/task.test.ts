import { describe, expect, it } from 'vitest';
import { instancesOfProblem, makeSplits } from '../../lib/quickstart/run.js';
import {
  additionsOf,
  answerOf,
  carefulLesson,
  expertSteps,
  makeProblems,
  problemText,
  quickLesson,
  splitOf,
} from '../../lib/quickstart/task.js';

const problems = makeProblems(500, 'train', 3);

/** The steps, computed from the problem's text alone. */
function solve(text: string): string[] {
  const [operands, start] = text.split(': ') as [string, string];
  let value = Number(start);
  const steps = operands.split(' ').map((part) => {
    const [letter, operand] = part.split('+') as [string, string];
    value = (value + Number(operand)) % 100;
    return `${letter}=${String(value).padStart(2, '0')}`;
  });
  return [...steps, `=${steps.at(-1)!.slice(2)}`];
}

describe('the expert', () => {
  it('adds as its documentation shows', () => {
    const problem = { start: 47, operands: [38, 19, 56] };
    expect(problemText(problem)).toBe('a+38 b+19 c+56: 47');
    expect(expertSteps(problem)).toEqual(['a=85', 'b=04', 'c=60', '=60']);
    expect(answerOf(problem)).toBe('60');
  });

  it('is right on every problem', () => {
    for (const problem of problems) expect(expertSteps(problem)).toEqual(solve(problemText(problem)));
  });

  it('has N − 1 instances to N steps, each after the steps before it and without a thought', () => {
    for (const problem of problems.slice(0, 50)) {
      const steps = expertSteps(problem);
      const instances = instancesOfProblem(problem);
      expect(instances).toHaveLength(steps.length - 1);
      instances.forEach((instance, i) => {
        expect(instance).toMatchObject({ problem: problemText(problem), target: steps[i] });
        expect(instance.context.map(({ text }) => text)).toEqual(steps.slice(0, i));
        expect(instance).not.toHaveProperty('thought');
      });
    }
  });
});

describe('what the base is taught', () => {
  const additions = problems.flatMap(additionsOf);

  it('careful thoughts are right', () => {
    expect(carefulLesson({ value: 47, letter: 'a', operand: 38 })).toEqual({
      thought: '47a+38,7+8=15,4+3+1=08',
      action: 'a=85',
    });
    for (const problem of problems) {
      expect(additionsOf(problem).map((addition) => carefulLesson(addition).action)).toEqual(
        expertSteps(problem).slice(0, -1),
      );
    }
  });

  it('quick thoughts forget the carry: they are right exactly where the units make none', () => {
    expect(quickLesson({ value: 47, letter: 'a', operand: 38 })).toEqual({ thought: '47a+38', action: 'a=75' });
    const right = additions.filter((addition) => quickLesson(addition).action === carefulLesson(addition).action);
    expect(right).toEqual(additions.filter(({ value, operand }) => (value % 10) + (operand % 10) < 10));
    expect(right.length).toBeGreaterThan(0);
    expect(right.length).toBeLessThan(additions.length);
  });
});

describe('the splits', () => {
  it('have no problem in common, with any seeds', () => {
    const splits = [0, 1].map(makeSplits);
    const texts = (name: 'train' | 'validation' | 'test') =>
      new Set(splits.flatMap((split) => split[name]).map(problemText));
    const [train, validation, test] = [texts('train'), texts('validation'), texts('test')];
    for (const text of [...validation, ...test]) expect(train.has(text)).toBe(false);
    for (const text of validation) expect(test.has(text)).toBe(false);
  });

  it('hold as many different problems as asked for, the same for the same seed', () => {
    const made = makeProblems(300, 'test', 5);
    expect(new Set(made.map(problemText)).size).toBe(300);
    expect(made.every((problem) => splitOf(problem) === 'test')).toBe(true);
    expect(makeProblems(300, 'test', 5)).toEqual(made);
    expect(makeProblems(300, 'test', 6)).not.toEqual(made);
  });
});
