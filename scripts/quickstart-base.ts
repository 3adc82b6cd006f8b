/**
 * Makes the base model of `foothold quickstart` from nothing, by two runs of Foothold's own SFT:
 *
 * 1. skills: quick and careful thoughts about as often, until the model masters both;
 * 2. habit: 92 % quick ones, so that it seldom cares to be careful. This preference is engineered.
 *
 *     npx tsx scripts/quickstart-base.ts
 *
 * The runs lie in runs/quickstart-base; when interrupted, the script goes on from the last checkpoint. The result
 * replaces lib/quickstart/model. All lessons are about training problems (see `splitOf`).
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../bindings/load.js';
import { type ModelConfig, Policy } from '../bindings/torch.js';
import { saveModelFolder } from '../lib/model/save.js';
import { loadModelSource } from '../lib/model/source.js';
import { characterTokenizer } from '../lib/prompt/character_tokenizer.js';
import { BASE_MODEL, TEMPLATE } from '../lib/quickstart/model.js';
import {
  ALPHABET,
  additionsOf,
  carefulLesson,
  expertStep,
  makeProblems,
  problemText,
  quickLesson,
  type Split,
} from '../lib/quickstart/task.js';
import { train } from '../lib/train/index.js';
import { deriveSeed } from '../lib/train/random.js';

const folder = join(packageRoot, 'runs', 'quickstart-base');

interface Course {
  name: string;
  /** Lessons, each given once. */
  lessons: number;
  /** Share of careful ones. */
  careful: number;
  learningRate: number;
}

const courses: Course[] = [
  { name: 'skills', lessons: 96_000, careful: 0.4, learningRate: 3e-3 },
  { name: 'habit', lessons: 12_800, careful: 0.08, learningRate: 1e-3 },
];

const tokenizer = characterTokenizer(ALPHABET, ['<end>', '<think>', '</think>']);

const config: ModelConfig = {
  family: 'llama',
  vocabSize: tokenizer.vocabSize,
  hiddenSize: 128,
  intermediateSize: 256,
  numLayers: 3,
  numHeads: 4,
  numKvHeads: 4,
  headDim: 32,
  maxPositions: 512,
  rmsNormEps: 1e-5,
  // Slow frequencies serve texts longer than these; a small base leaves more of them to tell near places apart.
  ropeTheta: 500,
  ropeScaling: null,
  tieWordEmbeddings: true,
  qkvBias: false,
  outputBias: false,
  mlpBias: false,
};

/** Instances with the thought and the action that are taught, as JSON lines. */
async function writeLessons(file: string, split: Split, count: number, careful: number, seed: number): Promise<void> {
  const rows = makeProblems(count, split, seed).map((problem, i) => {
    const additions = additionsOf(problem);
    const step = deriveSeed(seed, i, 1) % additions.length;
    const teach = deriveSeed(seed, i, 2) / 2 ** 32 < careful ? carefulLesson : quickLesson;
    const { thought, action } = teach(additions[step]!);
    const context = additions.slice(0, step).map(expertStep);
    return { problem: problemText(problem), context, thought, target: action };
  });
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

/** A model with random weights to begin with. */
async function newModel(output: string): Promise<string> {
  const policy = await Policy.random(config, { device: 'cpu', dtype: 'float32', seed: 1 });
  const eosTokenIds = [tokenizer.eosTokenId!];
  const write = (file: string) => policy.saveWeights(file);
  await saveModelFolder(output, { config, tokenizer, eosTokenIds, original: null }, 'float32', write);
  policy.dispose();
  return output;
}

/** Train `model` on a course. @returns folder of the trained model. */
async function teach(model: string, { name, lessons, careful, learningRate }: Course, seed: number): Promise<string> {
  const output = join(folder, name);
  const file = (split: Split) => join(folder, `${name}-${split}.jsonl`);
  await writeLessons(file('train'), 'train', lessons, careful, seed);
  await writeLessons(file('validation'), 'validation', 320, careful, seed);
  const result = await train(
    {
      model: { path: model, device: 'cpu' },
      data: { train: file('train'), validation: { file: file('validation') }, format: 'instances' },
      output,
      method: 'sft',
      template: TEMPLATE,
      maxPromptLength: 64,
      batchSize: 32,
      numTrainEpochs: 1,
      learningRate,
      adamBeta2: 0.99,
      warmupRatio: 0.05,
      evalSteps: 200,
      saveSteps: 200,
    },
    {
      resume: existsSync(join(output, 'config.yaml')),
      onStep: ({ step, totalSteps, metrics }) => {
        if (step % 50 > 0 && metrics.eval_loss === undefined) return;
        const held = metrics.eval_loss === undefined ? '' : ` held-out ${Number(metrics.eval_loss).toFixed(4)}`;
        console.log(`${name} ${step}/${totalSteps} loss ${Number(metrics.loss).toFixed(4)}${held}`);
      },
    },
  );
  return result.model!;
}

await mkdir(folder, { recursive: true });
let model = join(folder, 'random');
if (!existsSync(model)) await newModel(model);
for (const [seed, course] of courses.entries()) model = await teach(model, course, seed + 1);

const taught = await loadModelSource(model);
const { format, files } = taught;
const policy = await Policy.load({ config: taught.config, format, files, device: 'cpu', dtype: 'bfloat16' });
await saveModelFolder(BASE_MODEL, taught, 'bfloat16', (file) => policy.saveWeights(file));
policy.dispose();
console.log(`${policy.parameterCount} weights in ${BASE_MODEL}`);
