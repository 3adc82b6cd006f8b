import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../bindings/load.js';
import { foothold } from '../cli/run.js';
import { realModel } from '../train/real_run.js';

const folder = mkdtempSync(join(tmpdir(), 'foothold-examples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Standard output of an example, run from another folder as a user would. */
async function run(name: string, ...args: string[]): Promise<string[]> {
  const tsx = join(packageRoot, 'node_modules/tsx/dist/loader.mjs');
  const script = join(packageRoot, 'examples', name);
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', tsx, script, ...args], { cwd: folder });
  return stdout.trimEnd().split('\n');
}

describe('the examples', { timeout: 120_000 }, () => {
  it('are each run here', () => {
    const scripts = readdirSync(join(packageRoot, 'examples')).filter((name) => name.endsWith('.ts'));
    expect(scripts).toEqual(['own_loop.ts', 'own_reward.ts', 'score_file.ts', 'srl_rlvr.ts', 'sweep.ts']);
  });

  it('score a file', async () => {
    const lines = await run('score_file.ts');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe('1.000 ["The pens cost 3 * 2 = 6 euros."]');
  });

  it('train with a loop of their own', async () => {
    const lines = await run('own_loop.ts', '3');
    expect(lines).toHaveLength(3);
    expect(lines.some((line) => Number(line.split(' ')[2]) > 0)).toBe(true);
    for (const line of lines) {
      expect(Number(line.split(' ')[1])).toBeGreaterThan(0.5); // it fell to .26 where the prompt was not the model's own
    }
  });

  it('train with a reward of their own', async () => {
    const output = join(folder, 'own-reward');
    const lines = await run('own_reward.ts', output);
    expect(lines).toHaveLength(9);
    expect(Number(lines[0]!.split(' ')[2])).toBeGreaterThan(0);
    expect(lines.at(-1)).toBe(`saved ${join(output, 'model')}`);
    expect(existsSync(join(output, 'model', 'model.safetensors'))).toBe(true);
  });

  it('train by SRL and then by RLVR', async () => {
    const lines = await run('srl_rlvr.ts', join(folder, 'srl-rlvr'), '2');
    expect(lines.filter((line) => line.includes(' srl '))).toHaveLength(3);
    expect(lines.filter((line) => line.includes(' rlvr '))).toHaveLength(3);
    expect(lines.at(-1)).toMatch(/^<think>47a\+38/);
  });

  it('go from GSM8K through SFT, SRL and RLVR by a configuration', async () => {
    const [raw, data, output] = ['gsm8k.jsonl', 'thoughts.jsonl', 'sft-srl-rlvr'].map((name) => join(folder, name));
    const rows = Array.from({ length: 10 }, (_, i) => ({
      question: `Ann has ${i} bags of 2 nuts and eats 1. How many are left?`,
      answer: `There are ${i}*2 = <<${i}*2=${2 * i}>>${2 * i} nuts.\nShe eats 1.\n${2 * i - 1} are left.\n#### ${2 * i - 1}`,
    }));
    writeFileSync(raw!, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    expect(await run('gsm8k-thoughts.mjs', raw!, data!)).toEqual([`10 solutions written to ${data}`]);

    const model = join(folder, 'model');
    await realModel(model, { maxPositions: 8192 }); // a token a character
    const settings = {
      ...{ model, 'data.train': data, 'data.validation.fraction': 0.2, output },
      ...{ batchSize: 2, maxPromptLength: 8000, maxCompletionLength: 16, numGenerations: 2, epsilonStd: 0 },
      ...{ 'stages.0.maxSteps': 1, 'stages.1.maxSteps': 1, 'stages.2.maxSteps': 1 },
    };
    const sets = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    const { status, stderr } = foothold(['train', join(packageRoot, 'examples', 'sft-srl-rlvr.yaml'), ...sets]);
    expect(status, stderr).toBe(0);
    const lines = (name: string) =>
      readFileSync(join(output!, `${name}.jsonl`), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    const trained = lines('metrics').filter(({ loss }) => loss !== undefined);
    expect(trained.map(({ method }) => method)).toEqual(['sft', 'srl', 'rlvr']);
    expect(lines('samples').at(-1).prompt).toContain('Ann has');
  });

  it('sweep over epsilonStd', async () => {
    const lines = await run('sweep.ts', join(folder, 'sweep'), '1');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(
      /^epsilonStd 0: 8\.00 groups sampled for 8\.00 to train on, held-out reward 0\.\d+ → 0\.\d+$/,
    );
    const sampled = lines.map((line) => Number(/ ([\d.]+) groups sampled/.exec(line)?.[1]));
    expect(sampled).toEqual([...sampled].sort((a, b) => a - b));
  });
});
