/**
 * The whole of GRPO in a loop of our own: sample, reward, update.
 *
 *     npx tsx examples/own_loop.ts [steps]
 */
import { fileURLToPath } from 'node:url';
import { groupAdvantages, Policy, parseCompletion, ratio, readInstances } from 'foothold';

const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const numSteps = Number(process.argv[2] ?? 40);
const [batchSize, numGenerations] = [8, 8];

const { train } = await readInstances(local('data/sums.jsonl'));
const policy = await Policy.load(local('../lib/quickstart/model'));

for (let step = 0; step < numSteps; step++) {
  const batch = Array.from({ length: batchSize }, (_, i) => train[(step * batchSize + i) % train.length]!);
  const prompts = batch.map(({ problem, context }) => [problem, ...context.map(({ text }) => text)].join('\n'));
  const groups = await policy.generate(prompts, { maxTokens: 64, numGenerations, seed: step });

  const rewards = groups.map((completions, g) =>
    completions.map(({ text, finished }) => {
      const { action } = parseCompletion(text, { finished, prefilled: false });
      return action === null ? -1 : ratio(action, batch[g]!.target);
    }),
  );

  const advantages = groupAdvantages(rewards);
  const { gradNorm } = await policy.update(
    groups.map((completions, g) => ({ prompt: prompts[g]!, completions, advantages: advantages[g]! })),
    { learningRate: 5e-4 },
  );
  const all = rewards.flat();
  console.log(step, (all.reduce((sum, reward) => sum + reward) / all.length).toFixed(3), gradNorm.toFixed(3));
}
policy.dispose();
