import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { foothold } from '../cli/run.js';

const folder = mkdtempSync(join(tmpdir(), 'foothold-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));
const tiny = '--shape tiny --prompts 2 --prompt-length 20 --generations 3 --completion-length 5 --device cpu'.split(
  ' ',
);
const run = (...words: string[]) => foothold(['bench', ...words, '--repetitions', '2']);

describe.each(['rollout', 'update'])('foothold bench %s', (name) => {
  it('prints one JSON object whose figures agree with one another', () => {
    const { status, stdout, stderr } = run(name, ...tiny, '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      benchmark: name,
      shape: 'tiny',
      parameters: 3_084_544,
      device: 'cpu',
      work: { prompts: 2, promptLength: 20, generations: 3, completionLength: 5 },
      machine: { libTorch: { version: '2.13.0' } },
    });
    const tokens = 2 * 3 * 5;
    expect(report.tokensPerSecond.max).toBeCloseTo(tokens / report.seconds.min, 6);
    expect(report.productShare.median).toBeGreaterThan(0);
    expect(report.operationsPerSecond.median).toBeGreaterThan(1e6);
    expect(report.operationsPerSecond.max).toBeLessThan(1e16);
    expect(report.largeProductOperationsPerSecond).toBeGreaterThan(1e8);
    if (name === 'rollout') expect(report.bytesPerSecond.median).toBeGreaterThan(1e6);
    else expect(report.bytesPerSecond).toBeUndefined();
    expect(report.seconds.min).toBeLessThanOrEqual(report.seconds.median);
    // The weights, their optimizer's state and Node itself are more than 60 MB.
    expect(report.peakBytes).toBeGreaterThan(6e7);
  });

  it('prints text', () => {
    const { stdout } = run(name, ...tiny);
    expect(stdout).toContain(`${name}, shape tiny: 2 prompts of 20 tokens × 3 completions of 5`);
    expect(stdout).toMatch(/tokens\/s +[\d.,]+ \([\d.,]+ to [\d.,]+\) of completions/);
    expect(stdout).toMatch(/arithmetic +[\d.,]+ [kMGT]FLOP\/s .*: \d+ % of the [\d.,]+ [MGT]FLOP\/s that large/);
    expect(/memory read +[\d.,]+ [kMGT]B\/s/.test(stdout)).toBe(name === 'rollout');
  });
});

describe('foothold bench reward', () => {
  it('compares the pairs of a file, by threads', () => {
    const file = join(folder, 'pairs.jsonl');
    writeFileSync(file, '{"a":"abcd","b":"bcde"}\n{"a":"12","b":"1😀"}\n');
    const { stdout } = run('reward', '--pairs', file, '--threads', '2', '--json');
    const { results } = JSON.parse(stdout);
    expect(results).toMatchObject([
      { set: file, pairs: 2, meanLength: 3, threads: 1 },
      { set: file, pairs: 2, meanLength: 3, threads: 2 },
    ]);
    for (const { pairsPerSecond } of results) expect(pairsPerSecond.median).toBeGreaterThan(1000);
  });
});

it.each([
  [[], 2, 'Name what to measure: foothold bench reward, rollout or update.'],
  [['rollup'], 2, 'Unexpected argument rollup.'],
  [['rollout', '--pairs', 'x'], 2, 'Unknown option --pairs.'],
  [['rollout', '--prompt-length', '0'], 2, '--prompt-length takes a whole number from 1 on'],
  [['update', '--completion-length', '32768'], 2, 'are together more than the 32768 tokens'],
  [['update', '--shape', 'huge'], 2, 'Choices: "tiny", "small", "0.5b"'],
  [['rollout', '--device', 'gpu'], 1, 'device must be auto, cpu, cuda or cuda:<number>, got gpu\n'],
  [['update', '--device', 'cuda:99'], 1, /finds no CUDA device|there is no device cuda:99/],
  [['reward', '--threads', '1.5'], 2, '--threads takes a whole number from 1 on'],
  [['reward', '--pairs', join(folder, 'none')], 1, 'none cannot be read'],
  [['reward', '--pairs', '/dev/null'], 1, '/dev/null has no pairs'],
])('refuses %j', (words, expected, message) => {
  const { status, stderr } = foothold(['bench', ...words]);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain('This is not a mistake that Foothold expects');
  expect(status).toBe(expected);
});
