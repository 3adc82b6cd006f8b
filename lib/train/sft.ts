/** One step of supervised fine-tuning: cross-entropy of the expert's text, prompts left out of the loss. */
import { raggedFromRows } from '../../bindings/ragged.js';
import type { TokenBatch } from '../../bindings/torch.js';
import { drawRendered } from './collect.js';
import type { Progress, SftContext, StageContext, StepCall } from './context.js';
import { updateWithinMemory } from './micro_batch.js';
import { position, updateMetrics } from './record.js';
import { fitsPrompt, type RenderedInstance } from './render.js';
import { learningRateAt } from './schedule.js';
import type { StepResult } from './step.js';
import { updateOptions } from './update.js';

/** Make one step. `before` is left as it is. */
export async function sftStep(run: SftContext, before: Progress, call: StepCall): Promise<StepResult> {
  const progress = { ...before };
  const learningRate = learningRateAt(before.stageStep, { ...run.stage, totalSteps: run.totalSteps });
  const { rendered, tooLong } = drawRendered(run, progress, run.stage.batchSize, fitsDemonstration);
  const batch = demonstrations(run, rendered);

  call.onPhase?.('update');
  const made = await updateWithinMemory(run, batch, updateOptions(run, learningRate), call);
  call.onUpdate?.();

  progress.step++;
  progress.stageStep++;
  progress.numTokens += batch.prompts.values.length + batch.completions.values.length;
  return {
    progress,
    metrics: {
      ...position(run, progress),
      ...updateMetrics([made]),
      'completions/mean_length': batch.completions.values.length / rendered.length,
      'sampling/too_long': tooLong,
      learning_rate: learningRate,
    },
    samples: [],
    updates: [made],
    batch: () =>
      rendered.map((row) => ({
        instance: row.instance.id,
        prompt: row.prompt,
        completion: demonstration(row),
        reward: null,
        advantage: null,
      })),
  };
}

/** Prompts with the expert's text as their one completion each. */
export function demonstrations(run: StageContext, rendered: readonly RenderedInstance[]): TokenBatch {
  return {
    prompts: raggedFromRows(rendered.map(({ promptIds }) => promptIds)),
    groupSizes: new Int32Array(rendered.length).fill(1),
    completions: raggedFromRows(rendered.map((row) => demonstrationIds(run, row))),
  };
}

/** Whether prompt and expert's text together fit the model. */
export function fitsDemonstration(run: StageContext, row: RenderedInstance): boolean {
  const room = run.policy.config.maxPositions - row.promptIds.length;
  return fitsPrompt(run, row) && demonstrationIds(run, row).length <= room;
}

function demonstrationIds({ tokenizer, eosTokenIds }: StageContext, row: RenderedInstance): number[] {
  return [...tokenizer.encode(demonstration(row)), eosTokenIds[0]!];
}

/**
 * What the expert would have answered: the step, after a thought in `<think>` where the data has one. A prompt that has
 * opened the thought gets it closed.
 */
export function demonstration({ instance, prefilled }: Pick<RenderedInstance, 'instance' | 'prefilled'>): string {
  const { thought, target } = instance;
  if (thought === undefined) return prefilled ? `\n</think>\n\n${target}` : target;
  return `${prefilled ? '' : '<think>'}${thought}</think>${target}`;
}
