/** The real data in ../shared/data: every row prepared, every drop explained. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readInstances, readTrajectories } from '../../lib/data/read.js';
import { fixture, hasSharedData, needsSharedData, sharedData } from './helpers.js';

interface Counts {
  steps: number;
  instances: number;
  turnsWithoutAction: number;
  actions: string;
}

describe.skipIf(!hasSharedData)(`shared data${needsSharedData}`, () => {
  const counts: Record<string, Counts> = JSON.parse(readFileSync(fixture('swe_counts.json'), 'utf8'));

  it('has the trajectories that the counts were made of', () => {
    const files = readdirSync(join(sharedData, 'swe')).filter((name) => name.endsWith('.traj.json'));
    expect(files.sort()).toEqual(Object.keys(counts).sort());
  });

  it.each(Object.keys(counts))(
    '%s gives the actions and instances that an independent script counted',
    async (name) => {
      const file = join(sharedData, 'swe', name);
      const { trajectories, report } = await readTrajectories(file);
      const steps = trajectories[0]!.steps;
      const digest = createHash('sha256');
      for (const { text } of steps) digest.update(`${text}\0`);
      const { report: instances } = await readInstances(file);
      expect({
        steps: steps.length,
        instances: instances.instances,
        turnsWithoutAction: report.leftOut['turn without an action'] ?? 0,
        actions: digest.digest('hex'),
      }).toEqual(counts[name]);
      expect(report.dropped).toEqual({});
      expect(trajectories[0]!.problem).not.toMatch(/<pr_description>|Consider the following/);
      expect(trajectories[0]!.solution).toMatch(/^diff --git /);
    },
  );

  it.each([
    ['train', 6000],
    ['test', 800],
  ])('gsm8k/%s: all %i rows, each with an answer', async (name, rows) => {
    const { trajectories, report } = await readTrajectories(join(sharedData, `gsm8k/${name}.jsonl`));
    expect(report).toMatchObject({ format: 'gsm8k', rows, kept: rows, dropped: {} });
    for (const { steps, answer, solution } of trajectories) {
      expect(answer).toMatch(/\d/);
      expect(steps.length).toBeGreaterThan(0);
      expect(solution).not.toMatch(/<<|>>/);
    }
  });

  it('no instance of GSM8K is lost but those of single steps, and its marks can be kept', async () => {
    const { train, report } = await readInstances(join(sharedData, 'gsm8k/train.jsonl'), { keepCalculatorMarks: true });
    const lines = readFileSync(join(sharedData, 'gsm8k/train.jsonl'), 'utf8').trim().split('\n');
    const expected = lines.map(
      (line) =>
        JSON.parse(line)
          .answer.split('\n')
          .filter((s: string) => s.trim()).length - 2,
    );
    expect(train.length).toBe(expected.reduce((sum, n) => sum + n, 0));
    expect(report.kept + Object.values(report.dropped).reduce((sum, n) => sum + n, 0)).toBe(6000);
    expect(new Set(train.map(({ id }) => id)).size).toBe(train.length);
  });

  it.each([
    ['aime24', 30],
    ['amc23', 40],
    ['minerva_math', 272],
  ])('math/%s serves as problems for whole solutions', async (name, rows) => {
    const { train } = await readInstances(join(sharedData, `math/${name}.jsonl`), { unit: 'whole' });
    expect(train.length).toBe(rows);
  });
});
