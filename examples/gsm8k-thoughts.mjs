/**
 * GSM8K solutions in steps (format `steps`) with a short thought each, for models that do not yet write `<think>…</think>`.
 *
 *     node examples/gsm8k-thoughts.mjs train.jsonl runs/gsm8k-thoughts.jsonl
 *
 * train.jsonl is grade_school_math/data/train.jsonl of github.com/openai/grade-school-math. GSM8K has no thoughts, but it marks what it calculates: from `48/2 = <<48/2=24>>24 clips` comes the thought
 * "Next I work out 48/2." It teaches the form, not how to think.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const [input, output] = process.argv.slice(2);
if (!input || !output || !existsSync(input)) {
  console.error(
    input && output ? `There is no file ${input}.` : 'Usage: node examples/gsm8k-thoughts.mjs INPUT OUTPUT',
  );
  process.exit(2);
}

const withoutMarks = (text) => text.replace(/<<[^>]*>>/g, '').trim();

function thoughtOf(step) {
  const expressions = [...step.matchAll(/<<([^=>]*)=/g)].map(([, expression]) => expression);
  return expressions.length > 0
    ? `Next I work out ${expressions.join(', then ')}.`
    : 'Next I say what follows from this.';
}

function trajectoryOf(line, row) {
  const { question, answer } = JSON.parse(line);
  const [solution, final] = answer.split('\n#### ');
  const steps = solution.split('\n').filter((step) => step.trim() !== '');
  return {
    id: `gsm8k-${row}`,
    problem: question,
    steps: steps.map((step) => ({ thought: thoughtOf(step), text: withoutMarks(step) })),
    answer: final,
    solution: withoutMarks(answer),
  };
}

const rows = readFileSync(input, 'utf8').trim().split('\n').map(trajectoryOf);
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
console.log(`${rows.length} solutions written to ${output}`);
