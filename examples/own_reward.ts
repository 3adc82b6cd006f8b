/**
 * A reward of our own beside the similarity: thoughts that spell a sum out, column by column, are worth a little.
 *
 *     npx tsx examples/own_reward.ts [runs/own-reward]
 */
import { fileURLToPath } from 'node:url';
import { type RewardFunction, train } from 'foothold';

const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Gets prompt, completion, thought, action, the expert's step and the whole row of the data; gives a number. */
const thorough: RewardFunction = ({ thought }) => Number(thought.includes(','));

const { model } = await train(
  {
    model: local('../lib/quickstart/model'), // half a million weights; any model of docs/models.md will do
    data: local('data/sums.jsonl'),
    output: process.argv[2] ?? 'runs/own-reward',
    method: 'srl',
    template: local('../lib/quickstart/template.txt'),
    ...{ batchSize: 8, maxPromptLength: 64, maxCompletionLength: 64, maxSteps: 8, learningRate: 5e-4 },
    rewards: ['similarity', { reward: 'thorough', weight: 0.2 }],
  },
  {
    rewards: { thorough },
    onStep: ({ step, metrics }) => console.log(step, metrics.reward, metrics['rewards/thorough/mean']),
  },
);
console.log('saved', model);
