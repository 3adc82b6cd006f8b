/**
 * Ready instances: our own prepared files, or other people's with their columns named by `map`, such as
 * `prompt=input_prompt,target=expert_action`. A mapped `prompt` is shown to the model as it is.
 */
import { UserError } from '../../errors.js';
import type { Instance, Message } from '../instance.js';
import { isObject, type Row, wrongType } from '../row.js';
import { type Format, NO_PROBLEM } from './format.js';
import { stepList } from './step_list.js';

export const instances: Format = {
  name: 'instances',

  recognises: (value) =>
    typeof value.target === 'string' && (typeof value.problem === 'string' || 'prompt' in value) && !('steps' in value),

  parse(row, options) {
    const mapped = new MappedRow(row, options.map ?? {});
    const prompt = promptOf(mapped);
    const problem = mapped.text('problem') ?? '';
    const target = mapped.text('target');
    if (target === undefined) throw mapped.missing('target');
    if (prompt === undefined && !mapped.has('problem')) throw mapped.missing('problem" or "prompt');
    if (target.trim() === '') return { drop: 'the target is empty' };
    if (problem.trim() === '' && (prompt === undefined || prompt.length === 0)) return { drop: NO_PROBLEM };

    const context = stepList(row, mapped.column('context'));
    const step = mapped.integer('step') ?? context.length + 1;
    const hint = mapped.text('hint');
    const thought = mapped.text('thought');
    const answer = mapped.text('answer');
    const id = mapped.text('id') ?? '';
    const instance: Instance = {
      id,
      trajectoryId: mapped.text('trajectoryId') ?? id,
      step,
      numSteps: mapped.integer('numSteps') ?? step,
      problem,
      context,
      ...(hint === undefined ? {} : { hint }),
      target,
      ...(thought === undefined ? {} : { thought }),
      ...(answer === undefined ? {} : { answer }),
      ...(prompt === undefined ? {} : { prompt }),
    };
    return { instance };
  },
};

/** A row seen through `map`; errors name the file's own columns. */
class MappedRow {
  constructor(
    readonly row: Row,
    private readonly map: Record<string, string>,
  ) {}

  column(name: string): string {
    return this.map[name] ?? name;
  }

  value(name: string): unknown {
    return this.row.value[this.column(name)] ?? undefined;
  }

  has(name: string): boolean {
    return this.value(name) !== undefined;
  }

  text(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number') return String(value);
    throw wrongType(this.row, this.column(name), 'a string', value);
  }

  integer(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined || (Number.isSafeInteger(value) && (value as number) > 0))
      return value as number | undefined;
    throw wrongType(this.row, this.column(name), 'a whole number from 1', value);
  }

  missing(name: string): UserError {
    return new UserError(
      `${this.row.where}: an instance needs "${this.column(name)}". The row's keys are: ` +
        `${Object.keys(this.row.value).join(', ') || 'none'}. Other names of columns are given with --map, ` +
        'for example --map prompt=input_prompt,target=expert_action.',
    );
  }
}

function promptOf(mapped: MappedRow): string | Message[] | undefined {
  const prompt = mapped.value('prompt');
  if (prompt === undefined || typeof prompt === 'string') return prompt;
  const isMessage = (item: unknown): item is Message =>
    isObject(item) && typeof item.role === 'string' && typeof item.content === 'string';
  if (Array.isArray(prompt) && prompt.every(isMessage)) {
    return prompt.map(({ role, content }) => ({ role, content }));
  }
  throw wrongType(mapped.row, mapped.column('prompt'), 'a string or an array of { role, content }', prompt);
}
