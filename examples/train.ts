/**
 * The first run of `gsm8k-smollm2.yaml` from TypeScript, with a reward of our own beside the similarity:
 *
 *     npx tsx examples/train.ts
 */
import { defineConfig, Trainer } from 'foothold';

const config = defineConfig({
  model: process.argv[2] ?? 'HuggingFaceTB/SmolLM2-135M-Instruct',
  data: '../shared/data/gsm8k/train.jsonl',
  output: 'runs/from-typescript',
  method: 'srl',
  batchSize: 4,
  maxPromptLength: 384,
  maxCompletionLength: 160,
  maxSteps: 20,
  learningRate: 5e-6,
  rewards: ['similarity', { reward: 'brief', weight: 0.1 }],
});

const trainer = await Trainer.create(config, {
  rewards: { brief: ({ action, expert }) => Number(action.length <= 2 * expert.length) },
});
for await (const { step, metrics } of trainer) console.log(step, metrics.reward, metrics.grad_norm);
console.log(trainer.result.model);
