import { inputFiles, readRows } from '../data/files.js';
import { firstText, type Row, scalarField, wrongType } from '../data/row.js';
import { UserError } from '../errors.js';
import { extractAnswer } from './math/extract.js';

/** One problem of an evaluation set. */
export interface Problem {
  id: string;
  problem: string;
  /** The reference: an answer, or a solution that holds one (`\boxed{…}`, `#### …`). */
  gold: string;
}

/**
 * Problems of a data set as it is: the problem in `problem` or `question`; the reference in `answer`, or in `solution`
 * with its final answer boxed. JSON lines, JSON or Parquet; a file, a folder or a pattern.
 *
 * @param limit read no more than the first so many
 * @throws UserError that names the row without a problem or an answer
 */
export async function readProblems(input: string, limit = Number.POSITIVE_INFINITY): Promise<Problem[]> {
  const problems: Problem[] = [];
  const ids = new Set<string>();
  for (const file of await inputFiles(input)) {
    for await (const row of readRows(file)) {
      if (problems.length >= limit) return problems;
      const problem = toProblem(row, String(problems.length));
      const id = ids.has(problem.id) ? `${problem.id}~${problems.length}` : problem.id;
      ids.add(id);
      problems.push({ ...problem, id });
    }
  }
  if (problems.length === 0) throw new UserError(`${input}: there is no problem in it.`);
  return problems;
}

function toProblem(row: Row, number: string): Problem {
  const problem = firstText(row, ['problem', 'question'])?.trim() ?? '';
  if (problem === '') throw wrongType(row, 'problem', 'text ("question" would do as well)', row.value.problem);
  const gold = scalarField(row, 'answer') ?? scalarField(row, 'solution') ?? '';
  if (extractAnswer(gold) === null) {
    throw new UserError(
      `${row.where}: no answer. A row needs "answer", or "solution" with the final answer in \\boxed{}. ` +
        `The row's keys are: ${Object.keys(row.value).join(', ')}.`,
    );
  }
  const key = ['id', 'idx', 'unique_id'].find((name) => (row.value[name] ?? '') !== '');
  return { id: (key && scalarField(row, key)) ?? number, problem, gold };
}
