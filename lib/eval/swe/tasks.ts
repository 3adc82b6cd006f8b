/** Issues to resolve, from SWE-bench rows or from agents' trajectories. */
import { inputFiles, readRows } from '../../data/files.js';
import { formatNamed } from '../../data/formats/index.js';
import { type Row, requiredText, textField } from '../../data/row.js';

export interface SweTask {
  /** `instance_id`, by which the harness knows it. */
  id: string;
  problem: string;
  /** The commit to start from; left out, the checkout's own. */
  commit?: string;
  /** `owner/name`, where the row says so. */
  repo?: string;
  /** Files that the reference patch changes: those of the oracle setting. */
  oracleFiles: string[];
}

/**
 * Tasks of a file, a folder or a pattern (see `foothold prepare`): rows with `instance_id`, and `problem_statement` and
 * `patch` or the messages of a trajectory; `base_commit` and `repo` where they are there. Of several rows of an instance,
 * such as trajectories of several agents, the first is the task.
 *
 * @throws UserError that names the row and what it lacks
 */
export async function readTasks(input: string): Promise<SweTask[]> {
  const tasks = new Map<string, SweTask>();
  for (const file of await inputFiles(input)) {
    for await (const row of readRows(file)) {
      const task = toTask(row);
      if (!tasks.has(task.id)) tasks.set(task.id, task);
    }
  }
  return [...tasks.values()];
}

function toTask(row: Row): SweTask {
  const id = requiredText(row, ['instance_id']);
  const commit = textField(row, 'base_commit');
  const repo = textField(row, 'repo');
  const { problem, patch } = issueAndPatch(row);
  return {
    id,
    problem,
    ...(commit === undefined ? {} : { commit }),
    ...(repo === undefined ? {} : { repo }),
    oracleFiles: changedFiles(patch),
  };
}

function issueAndPatch(row: Row): { problem: string; patch: string } {
  const problem = textField(row, 'problem_statement');
  if (problem !== undefined) return { problem, patch: textField(row, 'patch') ?? '' };
  const outcome = formatNamed('swe').parse(row, {});
  if (!('trajectory' in outcome)) return { problem: requiredText(row, ['problem_statement']), patch: '' };
  return { problem: outcome.trajectory.problem, patch: outcome.trajectory.solution ?? '' };
}

/** Paths of the files that a unified diff changes or removes; what it adds is not there yet. */
export function changedFiles(patch: string): string[] {
  const paths = new Set<string>();
  let header = false;
  for (const line of patch.split('\n')) {
    // A removed line may begin with "-- " and look like a file's header, so only headers are looked at.
    if (line.startsWith('diff --git ')) header = true;
    else if (line.startsWith('@@')) header = false;
    const [, name, quoted] = (header && /^--- (?:a\/([^\t]+)|"a\/(.*)")/.exec(line)) || [];
    const path = quoted === undefined ? name : unquoted(quoted);
    if (path !== undefined) paths.add(path);
  }
  return [...paths];
}

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** A path between git's quotes, which has its unusual bytes escaped as in C (`core.quotePath`). */
function unquoted(text: string): string {
  const parts = text.match(/\\[0-7]{3}|\\.|[^\\]+/gs) ?? [];
  const bytes = parts.map((part) => {
    if (part[0] !== '\\') return Buffer.from(part);
    const isOctal = part.length === 4;
    return Buffer.from([isOctal ? parseInt(part.slice(1), 8) : (ESCAPES[part[1]!] ?? part.charCodeAt(1))]);
  });
  return Buffer.concat(bytes).toString();
}
