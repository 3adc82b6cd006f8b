/** Reading data of any format: rows → trajectories → instances, one row in memory at a time. */
import { basename } from 'node:path';
import { inputFiles, readRows } from './files.js';
import { NO_SOLUTION, type Outcome } from './formats/format.js';
import { formatNamed, recogniseFormat } from './formats/index.js';
import type { Instance, Trajectory } from './instance.js';
import { instancesOf } from './instances.js';
import { type DataOptions, type ReadOptions, TRAJECTORY_DEFAULTS } from './options.js';
import { checkReady, type ReadyOptions } from './ready.js';
import { type DataReport, ReportBuilder } from './report.js';
import type { Row } from './row.js';
import { splitByTrajectory } from './split.js';
import { loadSplitter, type Splitter, splitterOutcome } from './splitter.js';

/** Rows that are looked at to tell a file's format. */
const ROWS_TO_RECOGNISE = 20;

/** Steps of a solution. Its instances hold the steps before their own, which together grow with the square. */
const MAX_STEPS = 1000;

/** What one row of the input gave. */
export type RowResult =
  | { kind: 'trajectory'; trajectory: Trajectory; leftOut: Record<string, number>; whyNoSteps: string }
  | { kind: 'instance'; instance: Instance }
  | { kind: 'drop'; reason: string };

/**
 * Read a file, a folder or a pattern of files row by row.
 *
 * @param input path of JSON lines, JSON or Parquet
 * @param report counts rows and drops as they are read
 * @throws UserError that names file and line of what cannot be read
 */
export async function* readResults(
  input: string,
  options: ReadOptions,
  report: ReportBuilder,
): AsyncGenerator<RowResult> {
  const splitter = options.splitter === undefined ? undefined : await loadSplitter(options.splitter);
  const ids = new UniqueIds();
  for (const file of await inputFiles(input)) {
    report.files++;
    const parse = new RowParser(options, splitter);
    let rowNumber = 0;
    for await (const row of parse.withFormat(readRows(file))) {
      report.rows++;
      report.format = parse.name;
      yield toResult(parse.outcome(row), `${stem(file)}:${++rowNumber}`, ids);
    }
  }
}

/** The trajectories of a file; what is dropped is counted in `report`. See `readResults`. */
export async function readTrajectories(
  input: string,
  options: ReadOptions = {},
): Promise<{ trajectories: Trajectory[]; report: DataReport }> {
  const report = new ReportBuilder();
  const trajectories: Trajectory[] = [];
  for await (const result of readResults(input, options, report)) {
    if (result.kind === 'instance') report.drop('a ready instance, not a trajectory');
    if (result.kind === 'drop') report.drop(result.reason);
    if (result.kind !== 'trajectory') continue;
    report.keep([], result.trajectory.steps.length, result.leftOut);
    trajectories.push(result.trajectory);
  }
  return { trajectories, report: report.build() };
}

/** The instances of a file, row by row: a row's instances come together. What is dropped is counted in `report`. */
export async function* readInstanceRows(
  input: string,
  options: DataOptions & ReadyOptions,
  report: ReportBuilder,
): AsyncGenerator<Instance[]> {
  for await (const result of readResults(input, options, report)) {
    if (result.kind === 'drop') {
      report.drop(result.reason);
      continue;
    }
    if (result.kind === 'instance') {
      checkReady(input, result.instance, options);
      report.keep([result.instance], result.instance.numSteps);
      yield [result.instance];
      continue;
    }
    const instances = instancesOf(result.trajectory, options);
    if (instances.length === 0) {
      report.drop(whyNone(result, options));
      continue;
    }
    report.keep(instances, result.trajectory.steps.length, result.leftOut);
    yield instances;
  }
}

/**
 * Training and validation instances of a file: raw data of any format, or a file that `foothold prepare` wrote.
 *
 * @throws UserError for input that cannot be read, or a validation set that leaves nothing to train on
 */
export async function readInstances(
  input: string,
  options: DataOptions & ReadyOptions = {},
): Promise<{ train: Instance[]; validation: Instance[]; report: DataReport }> {
  const report = new ReportBuilder();
  const instances: Instance[] = [];
  for await (const row of readInstanceRows(input, options, report))
    for (const instance of row) instances.push(instance);
  return { ...splitByTrajectory(instances, options.validation), report: report.build() };
}

function whyNone(
  { trajectory, whyNoSteps }: RowResult & { kind: 'trajectory' },
  { unit, dropStep = TRAJECTORY_DEFAULTS.dropStep }: DataOptions,
): string {
  if (unit === 'whole') return NO_SOLUTION;
  if (trajectory.steps.length === 0) return whyNoSteps;
  return `only one step, and dropStep "${dropStep}" leaves it out`;
}

/** Parses rows in the format that was asked for, or that the file's first rows show. */
class RowParser {
  outcome: (row: Row) => Outcome = () => {
    throw new Error('rows must be drawn from withFormat');
  };
  name = '';

  constructor(
    private readonly options: ReadOptions,
    private readonly splitter: Splitter | undefined,
  ) {}

  /** The same rows; from the first one on, `outcome` and `name` are set. */
  async *withFormat(rows: AsyncGenerator<Row>): AsyncGenerator<Row> {
    const first: Row[] = [];
    for await (const row of rows) {
      if (this.name !== '') {
        yield row;
        continue;
      }
      first.push(row);
      if (first.length < ROWS_TO_RECOGNISE) continue;
      this.decide(first);
      yield* first;
    }
    if (this.name !== '' || first.length === 0) return;
    this.decide(first);
    yield* first;
  }

  private decide(first: readonly Row[]): void {
    const { splitter, options } = this;
    if (splitter !== undefined) {
      this.outcome = (row) => splitterOutcome(splitter, row);
      this.name = options.splitter!;
      return;
    }
    const named = options.format ?? (options.map === undefined ? undefined : 'instances');
    const format = named === undefined ? recogniseFormat(first) : formatNamed(named);
    this.outcome = (row) => format.parse(row, options);
    this.name = format.name;
  }
}

function toResult(outcome: Outcome, fallbackId: string, ids: UniqueIds): RowResult {
  if ('drop' in outcome) return { kind: 'drop', reason: outcome.drop };
  if ('instance' in outcome) {
    const { instance } = outcome;
    const trajectoryId = instance.trajectoryId || fallbackId;
    const id = ids.unique(instance.id || `${trajectoryId}#${instance.step}`);
    return { kind: 'instance', instance: { ...instance, id, trajectoryId } };
  }
  const { trajectory, leftOut = {}, whyNoSteps = 'the solution has no steps' } = outcome;
  if (trajectory.steps.length > MAX_STEPS) return { kind: 'drop', reason: `more than ${MAX_STEPS} steps` };
  const id = ids.unique(trajectory.id ?? fallbackId);
  return { kind: 'trajectory', trajectory: { ...trajectory, id }, leftOut, whyNoSteps };
}

/** Keeps ids apart: the second `a` becomes `a~2`. */
class UniqueIds {
  /** Ids given, with the number last tried behind each. */
  private readonly seen = new Map<string, number>();

  unique(id: string): string {
    let candidate = id;
    let n = this.seen.get(id) ?? 1;
    while (this.seen.has(candidate)) candidate = `${id}~${++n}`;
    this.seen.set(id, n);
    if (candidate !== id) this.seen.set(candidate, 1);
    return candidate;
  }
}

/** File name without folder and endings. */
function stem(file: string): string {
  return basename(file)
    .replace(/\.(jsonl|ndjson|json|parquet)$/i, '')
    .replace(/\.traj$/i, '');
}
