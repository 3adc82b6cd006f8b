import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configToYaml, loadConfig } from '../../lib/config/index.js';
import { resolveConfig } from '../../lib/config/resolve.js';
import { ConfigSource } from '../../lib/config/source.js';

const defineConfig = (value: unknown) => resolveConfig(ConfigSource.of(value));

const smallest = {
  model: 'HuggingFaceTB/SmolLM2-135M-Instruct',
  data: 'train.jsonl',
  output: 'runs/first',
  method: 'srl',
  batchSize: 4,
  maxPromptLength: 256,
  maxCompletionLength: 128,
};

function file(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'foothold-')), 'run.yaml');
  writeFileSync(path, text);
  return path;
}

function problemsOf(text: string, sets: string[] = []): string {
  const path = file(text);
  try {
    loadConfig(path, sets);
  } catch (error) {
    return (error as Error).message.replaceAll(path, 'run.yaml');
  }
  throw new Error('the configuration was accepted');
}

const yaml = (extra = '') =>
  `model: m\ndata: d.jsonl\noutput: o\nmethod: srl\nbatchSize: 4\nmaxPromptLength: 9\nmaxCompletionLength: 9\n${extra}`;

describe('defaults', () => {
  it('are those of the paper for srl', () => {
    const { stages, model } = defineConfig(smallest);
    expect(model).toEqual({ path: smallest.model, device: 'auto', dtype: 'float32' });
    expect(stages).toHaveLength(1);
    expect(stages[0]).toMatchObject({
      method: 'srl',
      unit: 'step',
      numGenerations: 8,
      temperature: 1,
      topP: 1,
      learningRate: 5e-7,
      lrSchedulerType: 'constant',
      maxGradNorm: 1,
      beta: 0,
      epsilon: 0.2,
      epsilonStd: 0.05,
      lossType: 'grpo',
      scaleRewards: 'group',
      numIterations: 1,
      numMiniBatches: 1,
      rewards: [{ reward: 'similarity', weight: 1 }],
      formatRule: 'strict',
      autojunk: false,
      argumentOrder: 'actionExpert',
      numTrainEpochs: 30,
    });
  });

  it('are those of the paper for sft and rlvr', () => {
    const { maxCompletionLength, ...sft } = smallest;
    expect(defineConfig({ ...sft, method: 'sft' }).stages[0]).toMatchObject({
      learningRate: 5e-6,
      lrSchedulerType: 'cosine',
      warmupRatio: 0.3,
      numTrainEpochs: 3,
    });
    expect(defineConfig({ ...sft, maxCompletionLength, method: 'rlvr' }).stages[0]).toMatchObject({
      unit: 'whole',
      rewards: [{ reward: 'answer', weight: 1 }],
      formatRule: 'lenient',
    });
  });

  it('leaves no room for a silent length limit', () => {
    expect(() => defineConfig({ ...smallest, maxCompletionLength: undefined })).toThrow(/maxCompletionLength: missing/);
    expect(() => defineConfig({ ...smallest, maxPromptLength: undefined })).toThrow(/maxPromptLength: missing/);
  });
});

describe('stages', () => {
  it('take the settings of the top level that they know', () => {
    const { method, ...shared } = smallest;
    const { stages } = defineConfig({
      ...shared,
      learningRate: 1e-5,
      stages: [
        { method: 'sft', batchSize: 64 },
        { method: 'srl' },
        { method: 'rlvr', from: 'last', learningRate: 1e-6 },
      ],
    });
    expect(stages.map((s) => [s.method, s.batchSize, s.learningRate, s.from])).toEqual([
      ['sft', 64, 1e-5, 'best'],
      ['srl', 4, 1e-5, 'best'],
      ['rlvr', 4, 1e-6, 'last'],
    ]);
    expect('maxCompletionLength' in stages[0]!).toBe(false);
  });

  it('refuses a top-level setting that none of them knows', () => {
    expect(problemsOf(yaml('numGenerations: 4\n').replace('method: srl', 'stages: [{method: sft}]'))).toContain(
      'run.yaml:8: numGenerations: none of the stages has this setting',
    );
  });

  it('refuses a setting that the method has no use for, and a run setting inside a stage', () => {
    const text = yaml().replace('method: srl', 'stages:\n  - method: sft\n    beta: 1\n    seed: 3');
    const problems = problemsOf(text.replace('maxCompletionLength: 9\n', ''));
    expect(problems).toContain('run.yaml:6: stages[0].beta: method sft has no such setting');
    expect(problems).toContain('run.yaml:7: stages[0].seed: belongs at the top level of the file');
  });
});

describe('problems name file, line, key and what to write', () => {
  it.each([
    ['learning_rate: 1\n', 'run.yaml:8: learning_rate: unknown key. Did you mean learningRate?'],
    [
      'lossType: grop\n',
      'run.yaml:8: lossType: expected one of grpo, dapo, drGrpo, gspo; got "grop". Did you mean grpo',
    ],
    ['numGenerations: 1\n', 'run.yaml:8: numGenerations: expected at least 2; got 1'],
    ['numGenerations: 2.5\n', 'run.yaml:8: numGenerations: expected a whole number; got 2.5'],
    ['temperature: 0\n', 'run.yaml:8: temperature: expected more than 0; got 0'],
    ['topP: 0.9\n', 'run.yaml:8: topP: expected 1; got 0.9'],
    ['autojunk: yes\n', 'run.yaml:8: autojunk: expected true or false; got "yes"'],
    ['rewards: []\n', 'run.yaml:8: rewards: expected at least 1 entries'],
    [
      'rewards:\n  - similarity\n  - reward: answer\n    wieght: 2\n',
      'run.yaml:11: rewards[1].wieght: unknown key. Did you mean weight?',
    ],
    ['batchSize: 5\n', 'run.yaml:8: not valid YAML'],
    ['epsilon: [\n', 'not valid YAML'],
  ])('%j', (extra, expected) => {
    expect(problemsOf(yaml(extra))).toContain(expected);
  });

  it('in nested maps', () => {
    const text = yaml().replace('model: m', 'model:\n  path: m\n  dtyp: float32\n  device: 3');
    const problems = problemsOf(text);
    expect(problems).toContain('run.yaml:3: model.dtyp: unknown key. Did you mean dtype?');
    expect(problems).toContain('run.yaml:4: model.device: expected text; got 3');
  });

  it('for a method that does not exist, and for what is missing', () => {
    expect(problemsOf(yaml().replace('srl', 'srll'))).toContain(
      'run.yaml:4: method: expected one of sft, srl, rlvr; got "srll". Did you mean srl?',
    );
    const problems = problemsOf('model: m\nmethod: srl\n');
    for (const key of ['data', 'output', 'batchSize', 'maxPromptLength', 'maxCompletionLength']) {
      expect(problems).toMatch(new RegExp(`run.yaml:\\d+: ${key}: missing`));
    }
  });

  it('for a file that is not there or not a map', () => {
    expect(() => loadConfig('nowhere.yaml')).toThrow(/Cannot read the configuration nowhere.yaml/);
    expect(problemsOf('just text\n')).toContain('run.yaml:1: expected a map of keys');
    expect(problemsOf('')).toContain('run.yaml: expected a map of keys');
  });
});

describe('--set', () => {
  it('wins over the file, reaches into maps, lists and shorthands', () => {
    const path = file(yaml('rewards: [similarity, {reward: answer, weight: 2}]\n'));
    const config = loadConfig(path, [
      'batchSize=7',
      'model.dtype=bfloat16',
      'rewards.1.weight=0.5',
      'data.dropStep=none',
    ]);
    expect(config.model).toMatchObject({ path: 'm', dtype: 'bfloat16' });
    expect(config.data).toMatchObject({ train: 'd.jsonl', dropStep: 'none' });
    expect(config.stages[0]).toMatchObject({ batchSize: 7, rewards: [{ weight: 1 }, { weight: 0.5 }] });
  });

  it('wins over what stages say themselves', () => {
    const stages =
      'stages:\n- {method: srl, maxSteps: 9, learningRate: 1e-3}\n- {method: rlvr, rewards: [answer], maxSteps: 8}\n';
    const path = file(yaml(stages).replace(/^method:.*\n/m, ''));
    const config = loadConfig(path, ['maxSteps=3', 'learningRate=1e-5', 'stages.1.maxSteps=4']);
    expect(config.stages.map(({ maxSteps, learningRate }) => [maxSteps, learningRate])).toEqual([
      [3, 1e-5],
      [4, 1e-5],
    ]);
    expect(() => loadConfig(path, ['maxSteps=many'])).toThrow('--set stages.0.maxSteps: expected');
    expect(() => loadConfig(file(yaml()), ['stages.0.maxSteps=3'])).toThrow(
      '--set stages.0.maxSteps=3: the configuration is of one stage without a list: give maxSteps itself',
    );
  });

  it('cannot name a reward twice', () => {
    expect(problemsOf(yaml('rewards: [similarity, {reward: similarity, weight: 2}]\n'))).toContain(
      'rewards: each reward once: add their weights',
    );
  });

  it('is named in the problems it makes', () => {
    expect(problemsOf(yaml(), ['learningRat=1'])).toContain(
      '--set learningRat: unknown key. Did you mean learningRate?',
    );
    expect(problemsOf(yaml(), ['batchSize=many'])).toContain('--set batchSize: expected a number; got "many"');
    expect(() => ConfigSource.parse(yaml(), 'x', ['batchSize'])).toThrow(/expected key.path=value/);
    expect(() => ConfigSource.parse('a: [1]', 'x', ['a.3=1'])).toThrow(/3 is not an index of a list of 1/);
    expect(() => ConfigSource.parse('a: 1', 'x', ['a.b=1'])).toThrow(/a is a single value, it has no b/);
  });
});

it('a resolved configuration written as YAML reads back the same', () => {
  const { method, ...shared } = smallest;
  const config = defineConfig({
    ...shared,
    stages: [{ method: 'srl' }, { method: 'rlvr', rewards: ['answer', 'similarity'] }],
  });
  expect(loadConfig(file(configToYaml(config)))).toEqual(config);
});
