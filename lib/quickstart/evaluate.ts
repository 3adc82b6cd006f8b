/** How well a policy does on problems that it was not trained on. Greedy. */
import type { CallOptions } from '../../bindings/torch.js';
import type { RlStage } from '../config/index.js';
import type { Instance } from '../data/instance.js';
import type { ModelSource } from '../model/source.js';
import { loadTemplate, type Template } from '../prompt/template.js';
import { Scorer } from '../reward/index.js';
import type { TrainablePolicy } from '../train/policy.js';
import { renderInstance } from '../train/render.js';
import { rollOutAndScore } from '../train/reward.js';
import type { ScoredGroup } from '../train/rollout.js';
import { instancesOfProblem } from './run.js';
import { additionsOf, carries, isCareful, type Problem } from './task.js';

export interface Evaluation {
  problems: number;
  /** Steps asked for, each after the expert's steps before it. */
  steps: number;
  /** Share of problems whose last step was right after the policy's own steps before it. */
  accuracy: number;
  /** Share of steps equal to the expert's, after the expert's steps before them. */
  exactSteps: number;
  /** Mean reward of these steps. */
  meanReward: number;
  /** Share of these steps whose thought worked column by column. */
  careful: number;
  /** Completion of each of these steps, in the order of the problems. */
  samples: StepSample[];
}

export interface StepSample {
  /** 1-based number of the step. */
  step: number;
  /** The addition has a carry that a quick thought forgets. */
  carries: boolean;
  prompt: string;
  completion: string;
  expert: string;
  reward: number;
  exact: boolean;
}

/** Standard error of a share `p` of `n` independent cases. */
export function standardError(p: number, n: number): number {
  return Math.sqrt((p * (1 - p)) / n);
}

/** Evaluate on `problems`, with the stage's template, length limits and reward. */
export async function evaluate(
  policy: TrainablePolicy,
  model: ModelSource,
  stage: RlStage,
  problems: readonly Problem[],
  call: CallOptions = {},
): Promise<Evaluation> {
  const template = await loadTemplate(stage.template!);
  const scorer = await Scorer.create(stage);
  const answer = async (instances: readonly Instance[]) =>
    greedy(policy, model, stage, template, scorer, instances, call);
  try {
    const expert = problems.map(instancesOfProblem);
    const additions = problems.flatMap(additionsOf);
    const given = (await answer(expert.flat())).map((group, i) => stepSample(group, carries(additions[i]!)));
    const share = (holds: (sample: StepSample) => boolean) => given.filter(holds).length / given.length;
    return {
      problems: problems.length,
      steps: given.length,
      accuracy: await accuracy(expert, answer),
      exactSteps: share(({ exact }) => exact),
      meanReward: given.reduce((sum, sample) => sum + sample.reward, 0) / given.length,
      careful: share(({ completion }) => isCareful(completion)),
      samples: given,
    };
  } finally {
    await scorer.dispose();
  }
}

/** Let the policy solve each problem alone: every step is shown its own steps before it, right or wrong. */
async function accuracy(
  problems: readonly Instance[][],
  answer: (instances: readonly Instance[]) => Promise<ScoredGroup[]>,
): Promise<number> {
  let own = problems.map((instances) => ({ instances, context: [] as Instance['context'], right: false }));
  const all = own;
  const numSteps = Math.max(...problems.map(({ length }) => length));
  for (let k = 0; k < numSteps; k++) {
    const groups = await answer(own.map(({ instances, context }) => ({ ...instances[k]!, context })));
    own.forEach((problem, i) => {
      const { action } = groups[i]!.scores[0]!;
      problem.context = action === null ? problem.context : [...problem.context, { text: action }];
      problem.right = k + 1 === problem.instances.length && action === problem.instances[k]!.target;
    });
    // Without an action there is nothing to go on from.
    own = own.filter(({ context }) => context.length === k + 1);
    if (own.length === 0) break;
  }
  return all.filter(({ right }) => right).length / all.length;
}

async function greedy(
  policy: TrainablePolicy,
  model: ModelSource,
  stage: RlStage,
  template: Template,
  scorer: Scorer,
  instances: readonly Instance[],
  call: CallOptions,
): Promise<ScoredGroup[]> {
  const rendered = instances.map((instance) => renderInstance(instance, template, model.tokenizer));
  const sampling = { ...stage, numGenerations: 1, temperature: 0 };
  return rollOutAndScore({ ...model, policy, scorer }, rendered, sampling, 0, call);
}

function stepSample({ prompt, instance, completions, scores }: ScoredGroup, carries: boolean): StepSample {
  const [completion, score] = [completions[0]!, scores[0]!];
  return {
    step: instance.step,
    carries,
    prompt,
    completion: completion.text,
    expert: instance.target,
    reward: score.reward,
    exact: score.action === instance.target,
  };
}
