/** How good the policy is on instances it is not trained on. */
import type { Instance } from '../data/instance.js';
import { UserError } from '../errors.js';
import type { Progress, RlContext, SftContext, StageContext, StepCall } from './context.js';
import { finiteRewards, spread } from './filter.js';
import { deriveSeed } from './random.js';
import { type Metrics, type Sample, sampleOf } from './record.js';
import { fitsPrompt, type RenderedInstance, renderInstance } from './render.js';
import { rollOutAndScore } from './reward.js';
import { demonstrations, fitsDemonstration, renderDemonstration } from './sft.js';

export interface Validation {
  /** More is better: mean reward, or minus the loss for SFT. */
  score: number;
  metrics: Metrics;
  samples: Sample[];
}

/** Reward of one completion for each held-out instance: greedy, or sampled always with the same seed. */
export async function validateRl(run: RlContext, progress: Progress, call: StepCall): Promise<Validation> {
  call.onPhase?.('validation');
  const sampling = { ...run.stage, numGenerations: 1, temperature: run.stage.evalTemperature };
  const rendered = fitting(run, (instance) => renderInstance(instance, run.template, run.tokenizer), fitsPrompt);
  const scored = await rollOutAndScore(run, rendered, sampling, deriveSeed(run.seed, 2), call);
  const rows = scored.map((group) => ({
    instance: group.instance,
    completion: group.completions[0]!,
    score: group.scores[0]!,
  }));
  const share = (holds: (row: (typeof rows)[number]) => boolean) => rows.filter(holds).length / rows.length;
  const score = spread(scored.flatMap(finiteRewards)).mean;
  const answer = run.scorer.names.indexOf('answer');
  return {
    score,
    metrics: {
      eval_reward: Number.isFinite(score) ? score : null,
      eval_exact_match: share(({ instance, score }) => score.action === instance.target.trim()),
      ...(answer < 0 ? {} : { eval_accuracy: share(({ score }) => score.parts[answer] === 1) }),
      'eval_completions/malformed_ratio': share(({ score }) => score.malformed !== null),
      'eval_completions/clipped_ratio': share(({ completion }) => !completion.finished),
      'eval_completions/mean_length': spread(rows.map(({ completion }) => completion.ids.length)).mean,
    },
    samples: scored
      .slice(0, run.stage.logCompletions)
      .map((group) => ({ ...sampleOf(run, progress.step, group, 0), split: 'validation' as const })),
  };
}

/** Cross-entropy of the held-out demonstrations, a token's mean. */
export async function validateSft(run: SftContext, call: StepCall): Promise<Validation> {
  call.onPhase?.('validation');
  const rendered = fitting(run, (instance) => renderDemonstration(instance, run.template, run), fitsDemonstration);
  let [sum, count] = [0, 0];
  for (let i = 0; i < rendered.length; i += run.stage.batchSize) {
    const batch = demonstrations(rendered.slice(i, i + run.stage.batchSize));
    for (const logProb of await run.policy.logProbs(batch, 1, call)) sum -= logProb;
    count += batch.completions.values.length;
  }
  return { score: -sum / count, metrics: { eval_loss: sum / count }, samples: [] };
}

/** Held-out instances that are not too long. @throws UserError when there are none. */
function fitting<R extends RenderedInstance>(
  run: StageContext,
  render: (instance: Instance) => R,
  fits: (run: StageContext, rendered: R) => boolean,
): R[] {
  const rendered = run.validation.map(render);
  const kept = rendered.filter((row) => fits(run, row));
  if (kept.length > 0) return kept;
  throw new UserError(
    `None of the ${rendered.length} held-out prompts fits maxPromptLength (${run.stage.maxPromptLength}).`,
  );
}
