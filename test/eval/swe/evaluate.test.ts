import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../bindings/load.js';
import { resolveIssue, type SweModel } from '../../../lib/eval/swe/evaluate.js';
import { byRelevance, fittingLocatePrompt, listedFiles } from '../../../lib/eval/swe/prompts.js';
import { Repository } from '../../../lib/eval/swe/repository.js';
import { changedFiles, readTasks, type SweTask } from '../../../lib/eval/swe/tasks.js';
import { fixture, hasSharedData, jsonLines, needsSharedData, sharedData, temporaryFile } from '../../data/helpers.js';
import { block, git, repositoryOf } from './helpers.js';

const calc = 'def add(a, b):\n    return a - b\n';
const files = {
  'calc.py': calc,
  'pkg/other.py': 'x = 1\n',
  'naïve file.txt': 'é\n',
  'logo.png': new Uint8Array([0, 255, 254]),
};
const task: SweTask = { id: 'own__calc-1', problem: 'add() subtracts.', oracleFiles: ['calc.py'] };

/** A model that gives these answers in turn and remembers what it was asked. */
function model(...answers: string[]): SweModel & { prompts: string[] } {
  const prompts: string[] = [];
  return {
    prompts,
    fits: (prompt) => prompt.length < 5000,
    answer: async (prompt) => {
      prompts.push(prompt);
      return answers.shift()!;
    },
  };
}

describe('Repository', () => {
  it('makes a patch that git applies, and leaves the checkout alone', async () => {
    const folder = repositoryOf(files);
    writeFileSync(join(folder, 'calc.py'), 'changed, not committed\n');
    const before = git(folder, 'status', '--porcelain') + git(folder, 'count-objects', '-v');
    const repository = await Repository.open(folder);
    const fixed = calc.replace('-', '+');
    const patch = await repository.diff(
      new Map([
        ['calc.py', fixed],
        ['naïve file.txt', 'ö\n'],
      ]),
    );
    expect(git(folder, 'status', '--porcelain') + git(folder, 'count-objects', '-v')).toBe(before);
    expect(patch).toContain('diff --git a/calc.py b/calc.py\n');
    expect(patch).toContain('-    return a - b\n+    return a + b\n');

    git(folder, 'checkout', '-q', '.');
    writeFileSync(join(folder, 'fix.patch'), patch);
    git(folder, 'apply', 'fix.patch');
    expect(readFileSync(join(folder, 'calc.py'), 'utf8')).toBe(fixed);
    expect(readFileSync(join(folder, 'naïve file.txt'), 'utf8')).toBe('ö\n');
  });

  it('is empty where nothing changes, keeps modes and missing last newlines', async () => {
    const folder = repositoryOf({ 'run.sh': '#!/bin/sh\necho hi' });
    git(folder, 'update-index', '--chmod=+x', 'run.sh');
    git(folder, 'commit', '-q', '-m', 'mode');
    const repository = await Repository.open(folder);
    expect(await repository.diff(new Map([['run.sh', '#!/bin/sh\necho hi']]))).toBe('');
    const patch = await repository.diff(new Map([['run.sh', '#!/bin/sh\necho ho']]));
    expect(patch).not.toContain('mode');
    expect(patch).toContain('+echo ho\n\\ No newline at end of file');
  });

  it('reads a commit, whatever is checked out; links and bytes are no text', async () => {
    const folder = repositoryOf(files);
    symlinkSync('/etc/passwd', join(folder, 'link'));
    writeFileSync(join(folder, 'calc.py'), 'second\n');
    git(folder, 'add', '-A');
    git(folder, 'commit', '-q', '-m', 'second');
    const now = await Repository.open(folder);
    const then = await Repository.open(folder, 'HEAD~1');
    expect([await now.read('calc.py'), await then.read('calc.py')]).toEqual(['second\n', calc]);
    expect([await now.read('link'), await now.read('logo.png'), await now.read('none')]).toEqual([
      null,
      null,
      undefined,
    ]);
    expect(now.files()).toEqual(Object.keys(files).sort());
  });

  it('says what it cannot open', async () => {
    await expect(Repository.open(repositoryOf({ a: 'a' }), 'nowhere')).rejects.toThrow(/has no commit nowhere to read/);
    await expect(Repository.open('/nowhere')).rejects.toThrow('/nowhere has no commit HEAD to read');
    await expect(Repository.open(repositoryOf({ a: 'a' }), '--help')).rejects.toThrow('has no commit --help');
  });
});

describe('resolveIssue', () => {
  it('oracle: shows the files of the reference patch and turns the edits into a patch', async () => {
    const repository = await Repository.open(repositoryOf(files));
    const asked = model(`I mend it.\n${block('calc.py', '    return a - b', '    return a + b')}`);
    const result = await resolveIssue(task, repository, asked, 'oracle');
    expect(result).toMatchObject({ id: 'own__calc-1', setting: 'oracle', files: ['calc.py'], errors: [] });
    expect(result.patch).toContain('+    return a + b\n');
    expect(asked.prompts[0]).toContain('Issue:\nadd() subtracts.\n');
    expect(asked.prompts[0]).toContain(`### calc.py\n\`\`\`\n${calc}`);
    expect(asked.prompts[0]).not.toContain('x = 1');
  });

  it('two-stage: asks for the files first, then shows those', async () => {
    const repository = await Repository.open(repositoryOf(files));
    const asked = model('```\nnone.py\ncalc.py\n```', block('calc.py', '    return a - b', '    return a + b'));
    const result = await resolveIssue(task, repository, asked, 'two-stage');
    expect(asked.prompts[0]).toContain('Paths:\ncalc.py\nlogo.png\n');
    expect(result).toMatchObject({ files: ['calc.py'], errors: [] });
    expect(result.answers).toHaveLength(2);
    expect(result.patch).toContain('+    return a + b\n');
  });

  it('gives the errors back, and then no patch, even if other edits fit', async () => {
    const repository = await Repository.open(repositoryOf(files));
    const good = block('calc.py', '    return a - b', '    return a + b');
    const resolve = async (answer: string) => resolveIssue(task, repository, model(answer), 'oracle');
    for (const [answer, code] of [
      [good + block('calc.py', 'nothing like it', 'x'), 'notFound'],
      [good + block('none.py', 'a', 'b'), 'missingFile'],
      [block('../calc.py', 'a', 'b'), 'outside'],
      ['no idea', 'noEdit'],
    ] as const) {
      const { patch, errors } = await resolve(answer);
      expect([patch, errors.map((error) => error.code)]).toEqual(['', [code]]);
    }
  });

  it('says when there is nothing to show, or too much', async () => {
    const repository = await Repository.open(repositoryOf({ ...files, 'long.py': 'x = 1\n'.repeat(1000) }));
    const code = async (given: SweTask, setting: 'oracle' | 'two-stage', ...answers: string[]) =>
      (await resolveIssue(given, repository, model(...answers), setting)).errors.map((error) => error.code);
    expect(await code({ ...task, oracleFiles: ['gone.py'] }, 'oracle')).toEqual(['noFiles']);
    expect(await code({ ...task, oracleFiles: ['long.py'] }, 'oracle')).toEqual(['promptTooLong']);
    expect(await code(task, 'two-stage', 'I cannot tell.')).toEqual(['noFiles']);
    expect(await code({ ...task, problem: 'x'.repeat(6000) }, 'two-stage')).toEqual(['promptTooLong']);
  });
});

describe('the first stage', () => {
  it('puts paths that share rare words with the issue first, and shows as many as fit in their own order', () => {
    const paths = ['docs/a.txt', 'pkg/forms/models.py', 'pkg/forms/fields.py', 'pkg/http/client.py'];
    expect(byRelevance('model_to_dict in forms/models.py is wrong', paths).slice(0, 2)).toEqual([
      'pkg/forms/models.py',
      'pkg/forms/fields.py',
    ]);
    const all = fittingLocatePrompt('forms models', paths, 3, () => true)!;
    expect(all).toContain(`Paths:\n${paths.join('\n')}\n`);
    const two = fittingLocatePrompt('forms models', paths, 3, (prompt) => prompt.length <= all.length - 20)!;
    expect(two).toContain('Paths:\npkg/forms/models.py\npkg/forms/fields.py\n\n');
    expect(fittingLocatePrompt('forms', paths, 3, () => false)).toBeUndefined();
  });

  it('takes paths out of lists of all kinds', () => {
    const known = new Set(['a.py', 'b/c.py', 'd.py', '__init__.py']);
    const answer = 'These:\n1. `a.py`\n- b/c.py:\n### ./d.py\n* **a.py**\n__init__.py\nnone.py\n';
    expect(listedFiles(answer, known, 9)).toEqual(['a.py', 'b/c.py', 'd.py', '__init__.py']);
    expect(listedFiles(answer, known, 2)).toEqual(['a.py', 'b/c.py']);
  });
});

describe('tasks', () => {
  it('come from SWE-bench rows and from trajectories', async () => {
    const patch =
      'diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1,2 +1 @@\n--- a/no.py\n-a\n+b\ndiff --git a/n.py b/n.py\n--- /dev/null\n+++ b/n.py\n';
    const row = { instance_id: 'o__r-1', repo: 'o/r', base_commit: 'abc', problem_statement: 'It breaks.', patch };
    expect(await readTasks(temporaryFile('tasks.jsonl', jsonLines([row])))).toEqual([
      { id: 'o__r-1', repo: 'o/r', commit: 'abc', problem: 'It breaks.', oracleFiles: ['x.py'] },
    ]);
    expect(await readTasks(fixture('mini.traj.json'))).toMatchObject([
      { id: 'own__calc-1', problem: 'add() subtracts.\n\nSee calc.py.' },
    ]);
    await expect(readTasks(temporaryFile('tasks.jsonl', '{"patch": ""}\n'))).rejects.toThrow(
      /line 1: no text in "instance_id"/,
    );
  });

  it('takes the first row of an instance, and paths that git quotes', async () => {
    const patch = (path: string) => `diff --git ${path} ${path}\n--- ${path}\n+++ ${path}\n@@ -1 +1 @@\n-a\n+b\n`;
    const row = (text: string, path: string) => ({
      instance_id: 'o__r-1',
      problem_statement: text,
      patch: patch(path),
    });
    const rows = [row('first', String.raw`"a/sp\303\244 \"\\.py"`), row('second', 'a/x.py')];
    expect(await readTasks(temporaryFile('tasks.jsonl', jsonLines(rows)))).toEqual([
      { id: 'o__r-1', problem: 'first', oracleFiles: ['spä "\\.py'] },
    ]);
  });

  it('the sample of examples/data names its file', async () => {
    const [sample] = await readTasks(join(packageRoot, 'examples/data/agent.traj.json'));
    expect(sample!.oracleFiles).toEqual(['shapes.py']);
  });

  it.skipIf(!hasSharedData)(`every shared trajectory names an issue and files${needsSharedData}`, async () => {
    const tasks = await readTasks(join(sharedData, 'swe'));
    expect(tasks).toHaveLength(30);
    for (const { problem, oracleFiles } of tasks) {
      expect(problem.length).toBeGreaterThan(50);
      expect(oracleFiles.length).toBeGreaterThan(0);
    }
  });

  it('changedFiles looks at headers only', () => {
    expect(changedFiles('diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n--- a/b\n+x\n')).toEqual(['a']);
  });
});
