/** A folder with a tiny model (fake weights), data and the configuration of a run, for tests of the trainer. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newConfigJson } from '../../lib/model/config_writer.js';
import { characterTokenizer } from '../../lib/prompt/character_tokenizer.js';

export const tokenizer = characterTokenizer(
  ' \nabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;()<>/{}#=+-*?!',
  ['<end>', '<think>', '</think>'],
);

export const modelConfig = {
  family: 'llama' as const,
  vocabSize: tokenizer.vocabSize,
  hiddenSize: 16,
  intermediateSize: 32,
  numLayers: 2,
  numHeads: 2,
  numKvHeads: 1,
  headDim: 8,
  maxPositions: 512,
  rmsNormEps: 1e-5,
  ropeTheta: 10000,
  ropeScaling: null,
  tieWordEmbeddings: true,
  qkvBias: false,
  outputBias: false,
  mlpBias: false,
};

interface Problem {
  problem: string;
  target: string;
  thought?: string;
}

export interface TinyRun {
  folder: string;
  output: string;
  /** Keys of a configuration that runs. */
  config: Record<string, unknown>;
  lines(name: 'metrics' | 'samples'): Record<string, unknown>[];
}

/** @param problems each with its expert step, or that step alone; `a` is what the fake policy is right with. */
export async function tinyRun(
  problems: readonly (string | Problem)[],
  overrides: Record<string, unknown> = {},
): Promise<TinyRun> {
  const folder = mkdtempSync(join(tmpdir(), 'foothold-run-'));
  const model = join(folder, 'model');
  mkdirSync(model);
  await tokenizer.save(model);
  writeFileSync(
    join(model, 'config.json'),
    JSON.stringify(newConfigJson(modelConfig, 'float32', { bosTokenId: null, eosTokenIds: [0], padTokenId: 0 })),
  );
  writeFileSync(join(model, 'model.safetensors'), JSON.stringify({ p: 0.5 }));
  const data = join(folder, 'data.jsonl');
  const rows = problems.map((problem, i) => {
    const given = typeof problem === 'string' ? { problem: `Problem ${i}`, target: problem } : problem;
    return { id: `p${i}`, answer: given.target, ...given };
  });
  writeFileSync(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const output = join(folder, 'run');
  const config = {
    model,
    data: { train: data, format: 'instances' },
    output,
    method: 'srl',
    batchSize: 2,
    numGenerations: 4,
    template: 'raw', // so that tests do not depend on the wording of the default one
    maxPromptLength: 400,
    maxCompletionLength: 20,
    maxSteps: 4,
    learningRate: 0.01,
    ...overrides,
  };
  const lines = (name: string) =>
    readFileSync(join(output, `${name}.jsonl`), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { folder, output, config, lines };
}

/** Lines of metrics without what depends on the clock. */
export function timeless(lines: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  const ofClock = /^(time\/|step_time$|tokens_per_second$)/;
  return lines.map((line) => Object.fromEntries(Object.entries(line).filter(([name]) => !ofClock.test(name))));
}
