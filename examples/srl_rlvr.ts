/**
 * SRL, then RLVR from its best checkpoint: first similarity to the expert's steps, then right or wrong alone.
 *
 *     npx tsx examples/srl_rlvr.ts [runs/srl-rlvr] [steps a stage]
 */
import { fileURLToPath } from 'node:url';
import { defineConfig, Policy, Trainer } from 'foothold';

const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const [output = 'runs/srl-rlvr', numSteps = '20'] = process.argv.slice(2);

const trainer = await Trainer.create(
  defineConfig({
    model: local('../lib/quickstart/model'),
    data: { train: local('data/sums.jsonl'), validation: { count: 20 } },
    output,
    template: local('../lib/quickstart/template.txt'),
    ...{ batchSize: 8, maxPromptLength: 64, maxSteps: Number(numSteps), evalSteps: 5 },
    stages: [
      { method: 'srl', learningRate: 5e-4, maxCompletionLength: 64 },
      // A model that writes whole solutions takes the default reward, `answer`; this one writes a step at a time.
      { method: 'rlvr', unit: 'step', learningRate: 1e-4, maxCompletionLength: 64, rewards: ['right'] },
    ],
  }),
  { rewards: { right: ({ action, expert }) => Number(action === expert) } },
);
for await (const { step, totalSteps, stage, metrics } of trainer) {
  console.log(`${step}/${totalSteps}`, trainer.config.stages[stage]?.method, metrics.reward ?? metrics.eval_reward);
}

const policy = await Policy.load(trainer.result.model!);
const [answers] = await policy.generate(['a+38 b+19 c+56: 47'], { maxTokens: 64, temperature: 0 });
console.log(answers![0]!.text);
policy.dispose();
