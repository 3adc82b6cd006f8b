/** Evaluation against policies whose answers are known. */
import { describe, expect, it } from 'vitest';
import { raggedFromRows, raggedLength, raggedRow } from '../../bindings/ragged.js';
import type { GenerateRequest } from '../../bindings/torch.js';
import type { RlStage } from '../../lib/config/index.js';
import { loadModelSource } from '../../lib/model/source.js';
import { evaluate, standardError } from '../../lib/quickstart/evaluate.js';
import { BASE_MODEL } from '../../lib/quickstart/model.js';
import { quickstartConfig } from '../../lib/quickstart/run.js';
import { type Addition, additionsOf, carefulLesson, makeProblems, quickLesson } from '../../lib/quickstart/task.js';
import type { TrainablePolicy } from '../../lib/train/policy.js';

const model = await loadModelSource(BASE_MODEL);
const { tokenizer, eosTokenIds } = model;
const stage = quickstartConfig('unused', 0, 1).stages[0] as RlStage;
const problems = makeProblems(200, 'test', 1);

/** What a prompt asks for, read from its text. */
function asked(prompt: string): Addition {
  const [problem, ...steps] = prompt.split('\n') as [string, ...string[]];
  const letter = 'abc'[steps.length]!;
  const operand = Number(new RegExp(`${letter}\\+(\\d\\d)`).exec(problem)![1]);
  return { value: Number(prompt.slice(-2)), letter, operand };
}

function policyThat(answer: (prompt: string) => string): TrainablePolicy {
  const generate = async ({ prompts, temperature }: GenerateRequest) => {
    expect(temperature).toBe(0);
    const rows = Array.from({ length: raggedLength(prompts) }, (_, i) => [
      ...tokenizer.encode(answer(tokenizer.decode(raggedRow(prompts, i)))),
      eosTokenIds[0]!,
    ]);
    const completions = raggedFromRows(rows);
    const logProbs = { values: new Float32Array(completions.values.length), offsets: completions.offsets };
    return { completions, logProbs, finished: new Uint8Array(rows.length).fill(1) };
  };
  return { generate } as never;
}

const completion = ({ thought, action }: { thought: string; action: string }) => `<think>${thought}</think>${action}`;

describe('evaluate', () => {
  it('gives full marks to a policy that is always careful', async () => {
    const careful = policyThat((prompt) => completion(carefulLesson(asked(prompt))));
    expect(await evaluate(careful, model, stage, problems)).toMatchObject({
      ...{ problems: 200, steps: 600, accuracy: 1, exactSteps: 1, meanReward: 1, careful: 1 },
    });
  });

  it('counts what a policy that is always quick gets right', async () => {
    const quick = policyThat((prompt) => completion(quickLesson(asked(prompt))));
    const made = await evaluate(quick, model, stage, problems);
    const carries = problems.map((problem) =>
      additionsOf(problem).map(({ value, operand }) => (value % 10) + (operand % 10) > 9),
    );
    const exact = carries.flat().filter((carry) => !carry).length / 600;
    expect(made).toMatchObject({ exactSteps: exact, careful: 0 });
    // Its own steps leave out the carries of the units alone, so only sums whose carries add up to a hundred come right.
    const solved = problems.filter(({ start, operands }) => {
      const digits = (place: number) =>
        [start, ...operands].reduce((sum, number) => sum + (Math.floor(number / place) % 10), 0) % 10;
      const right = operands.reduce((sum, operand) => sum + operand, start) % 100;
      return digits(10) * 10 + digits(1) === right;
    });
    expect(made.accuracy).toBe(solved.length / 200);
    // One digit of four characters is wrong where a carry is forgotten.
    expect(made.meanReward).toBeCloseTo(exact + (1 - exact) * 0.75, 10);
  });

  it('goes on from the policy’s own steps, and scores a broken format with −1', async () => {
    const broken = policyThat((prompt) => (prompt.includes('\n') ? completion(carefulLesson(asked(prompt))) : 'a=00'));
    const made = await evaluate(broken, model, stage, problems);
    expect(made).toMatchObject({ accuracy: 0, exactSteps: 2 / 3 });
    expect(made.meanReward).toBeCloseTo(1 / 3, 10);
  });
});

it('the standard error of a share', () => {
  expect(standardError(0.5, 400)).toBeCloseTo(0.025, 12);
  expect(standardError(1, 400)).toBe(0);
});
