import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRows } from '../../../lib/data/files.js';
import { applyEdits, type Edit } from '../../../lib/eval/swe/edits.js';
import type { SweModel } from '../../../lib/eval/swe/evaluate.js';
import { Repository } from '../../../lib/eval/swe/repository.js';
import { checkoutOf, detailsFile, runSwe } from '../../../lib/eval/swe/run.js';
import type { SweTask } from '../../../lib/eval/swe/tasks.js';
import { hasSharedData, needsSharedData, sharedData, temporaryFolder } from '../../data/helpers.js';
import { block, git, repositoryOf } from './helpers.js';

const tasks: SweTask[] = ['own__calc-1', 'own__calc-2', 'own__calc-3'].map((id) => ({
  id,
  problem: `${id} is wrong`,
  oracleFiles: ['calc.py'],
}));
const settings = { setting: 'oracle', temperature: 0 };
const lines = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

function model(answer: (prompt: string) => string): SweModel & { asked: number } {
  return {
    asked: 0,
    fits: () => true,
    async answer(prompt) {
      this.asked++;
      return answer(prompt);
    },
  };
}

describe('runSwe', () => {
  const optionsFor = (out: string) =>
    ({ repos: repositoryOf({ 'calc.py': 'a - b\n' }), setting: 'oracle', out, name: 'm', settings }) as const;
  const answers = (prompt: string) => (prompt.includes('calc-2') ? 'no idea' : block('calc.py', 'a - b', 'a + b'));

  it('writes a prediction for every task, and what was answered beside it', async () => {
    const out = join(temporaryFolder(), 'preds.jsonl');
    const options = { ...optionsFor(out), model: model(answers) };
    expect(await runSwe(tasks, options)).toEqual({ tasks: 3, patched: 2, kept: 0, failed: { noEdit: 1 } });
    expect(
      lines(out).map(({ instance_id: id, model_name_or_path: name, model_patch: patch }) => [
        id,
        name,
        patch.includes('+a + b'),
      ]),
    ).toEqual([
      ['own__calc-1', 'm', true],
      ['own__calc-2', 'm', false],
      ['own__calc-3', 'm', true],
    ]);
    expect(lines(detailsFile(out))[1]).toMatchObject({
      id: 'own__calc-2',
      answers: ['no idea'],
      errors: [{ code: 'noEdit' }],
      patch: '',
    });
  });

  it('goes on where an earlier run ended, even inside a character', async () => {
    const out = join(temporaryFolder(), 'preds.jsonl');
    const options = optionsFor(out);
    await runSwe(tasks.slice(0, 1), { ...options, model: model(answers) });
    // It was killed between its two writes for the next task, and within the second one.
    appendFileSync(detailsFile(out), '{"id":"own__calc-2"}\n{"id":"own__ca');
    appendFileSync(out, Buffer.from('{"instance_id": "ä').subarray(0, -1));
    const again = model(answers);
    expect(await runSwe(tasks, { ...options, model: again })).toMatchObject({ patched: 2, kept: 1 });
    expect(again.asked).toBe(2);
    expect(lines(out).map(({ instance_id: id }) => id)).toEqual(tasks.map(({ id }) => id));
    expect(lines(detailsFile(out)).map(({ id }) => id)).toEqual(tasks.map(({ id }) => id));
    await expect(runSwe(tasks, { ...options, name: 'other', model: again })).rejects.toThrow(
      /line 1 is a prediction of m, not of other/,
    );
    expect(lines(out)).toHaveLength(3);
    const warmer = { setting: 'oracle', temperature: 1 };
    await expect(runSwe(tasks, { ...options, settings: warmer, model: again })).rejects.toThrow(
      `${out} holds results made with other settings: temperature was 0, now 1. Give these settings again, or another file`,
    );
    appendFileSync(out, '[]\n');
    await expect(runSwe(tasks, { ...options, model: again })).rejects.toThrow(`${out} line 4: not a prediction.`);
  });

  it('asks nothing when a checkout is missing', async () => {
    const asked = model(answers);
    const options = {
      repos: temporaryFolder(),
      setting: 'oracle',
      out: 'none.jsonl',
      name: 'm',
      settings,
      model: asked,
    } as const;
    await expect(runSwe(tasks, options)).rejects.toThrow(/No git repository for own__calc-1: .*own__calc, .*own\/calc/);
    expect(asked.asked).toBe(0);
  });

  it('finds clones by instance, by owner and name, or the one clone', () => {
    const folder = temporaryFolder();
    git(folder, 'init', '-q', '--bare', 'own/calc');
    expect(checkoutOf(tasks[0]!, folder)).toBe(join(folder, 'own/calc'));
    git(folder, 'init', '-q', 'own__calc');
    expect(checkoutOf(tasks[0]!, folder)).toBe(join(folder, 'own__calc'));
    git(folder, 'init', '-q', 'own__calc-1');
    expect(checkoutOf(tasks[0]!, folder)).toBe(join(folder, 'own__calc-1'));
    expect(checkoutOf(tasks[0]!, join(folder, 'own__calc'))).toBe(join(folder, 'own__calc'));
    expect(checkoutOf({ ...tasks[0]!, repo: 'own/calc' }, folder)).toBe(join(folder, 'own__calc-1'));
  });
});

/** A hunk of a unified diff: where it begins in the old file, and its lines before and after. */
interface Hunk {
  start: number;
  before: string[];
  after: string[];
}

/** The hunks of a patch by file; files that it adds are passed over. */
function hunksOf(patch: string): Map<string, Hunk[]> {
  const files = new Map<string, Hunk[]>();
  for (const part of patch.split(/^(?=diff --git )/m)) {
    const path = /^--- a\/(.*)$/m.exec(part)?.[1];
    if (path === undefined) continue;
    const hunks = part
      .split(/^(?=@@ )/m)
      .slice(1)
      .map((text) => {
        const [head, ...body] = text.replace(/\n$/, '').split('\n');
        const side = (mark: string) =>
          body.filter((line) => line.startsWith(mark) || line.startsWith(' ')).map((line) => line.slice(1));
        return { start: Number(/^@@ -(\d+)/.exec(head!)![1]), before: side('-'), after: side('+') };
      });
    files.set(path, hunks);
  }
  return files;
}

/** A file with the hunks' old lines at their places, and lines of its own everywhere else. */
function oldFile(hunks: readonly Hunk[]): string {
  const lines: string[] = [];
  for (const { start, before } of hunks) {
    while (lines.length < start - 1) lines.push(`line ${lines.length + 1} of the rest`);
    lines.push(...before);
  }
  for (let i = 0; i < 5; i++) lines.push(`line ${lines.length + 1} of the rest`);
  return `${lines.join('\n')}\n`;
}

describe.skipIf(!hasSharedData)(`the patches of the shared trajectories${needsSharedData}`, () => {
  it('written as edits, come out as the same patches', async () => {
    let checked = 0;
    for (const name of [
      'django__django-11163',
      'sympy__sympy-13372',
      'pydata__xarray-7233',
      'astropy__astropy-7166',
      'pylint-dev__pylint-6903',
    ]) {
      for await (const { value } of readRows(join(sharedData, `swe/${name}.traj.json`))) {
        const expected = hunksOf((value.info as { submission: string }).submission);
        const files = Object.fromEntries([...expected].map(([path, hunks]) => [path, oldFile(hunks)]));
        const repository = await Repository.open(repositoryOf(files));
        const edits: Edit[] = [...expected].flatMap(([path, hunks]) =>
          hunks.map(({ before, after }) => ({ path, search: before, replace: after })),
        );
        const applied = await applyEdits(edits, repository);
        expect(applied.errors).toEqual([]);
        expect(hunksOf(await repository.diff(applied.files))).toEqual(expected);
        checked += edits.length;
      }
    }
    expect(checked).toBeGreaterThan(5);
  });
});
