/**
 * A sweep over epsilonStd, the spread of rewards from which on a group is trained on (dynamic sampling): what each value
 * drops, what it costs in sampling, and what reward it leads to.
 *
 *     npx tsx examples/sweep.ts [runs/sweep] [steps]
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type StepRecord, Trainer } from 'foothold';

const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const heldOut = (record?: StepRecord) => Number(record?.metrics.eval_reward).toFixed(3);
const [output = 'runs/sweep', numSteps = '20'] = process.argv.slice(2);

for (const epsilonStd of [0, 0.01, 0.05, 0.2]) {
  const trainer = await Trainer.create(
    defineConfig({
      model: local('../lib/quickstart/model'),
      data: { train: local('data/sums.jsonl'), validation: { count: 20 } },
      output: join(output, `epsilon-std-${epsilonStd}`),
      method: 'srl',
      template: local('../lib/quickstart/template.txt'),
      ...{ batchSize: 8, maxPromptLength: 64, maxCompletionLength: 64, learningRate: 5e-4 },
      ...{ maxSteps: Number(numSteps), evalSteps: 0, maxSamplingRounds: 4, epsilonStd },
    }),
  );
  const steps: StepRecord[] = [];
  for await (const step of trainer) steps.push(step);
  const mean = (name: string) => {
    const values = steps.flatMap(({ metrics }) => (typeof metrics[name] === 'number' ? metrics[name] : []));
    return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(2);
  };
  console.log(
    `epsilonStd ${epsilonStd}: ${mean('sampling/groups')} groups sampled for ${mean('sampling/batch')} to train on, ` +
      `held-out reward ${heldOut(steps[0])} → ${heldOut(steps.at(-1))}`,
  );
}
