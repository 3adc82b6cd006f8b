/** One step of supervised fine-tuning: cross-entropy of the expert's text, prompts left out of the loss. */
import { raggedFromRows } from '../../bindings/ragged.js';
import type { TokenBatch } from '../../bindings/torch.js';
import type { Instance } from '../data/instance.js';
import type { ModelSource } from '../model/source.js';
import { endTokens } from '../prompt/end_tokens.js';
import type { Template } from '../prompt/template.js';
import { drawRendered, prepareNext } from './collect.js';
import type { Progress, SftContext, StageContext, StepCall } from './context.js';
import { updateWithinMemory } from './micro_batch.js';
import { position, secondsSince, updateMetrics } from './record.js';
import { fitsPrompt, type RenderedInstance, renderInstance } from './render.js';
import { learningRateAt } from './schedule.js';
import type { StepResult } from './step.js';
import { updateSettings } from './update.js';

/** An instance with the answer to learn. */
export interface RenderedDemonstration extends RenderedInstance {
  /** The expert's text, ended by the end-of-sequence token. */
  answerIds: number[];
}

/** Make one step. `before` is left as it is. */
export async function sftStep(run: SftContext, before: Progress, call: StepCall): Promise<StepResult> {
  const progress = { ...before };
  const learningRate = learningRateAt(before.stageStep, { ...run.stage, totalSteps: run.totalSteps });
  const { rendered, tooLong } = drawRendered(run, progress, run.stage.batchSize, fitsDemonstration);
  const batch = demonstrations(rendered);

  call.onPhase?.('update');
  const started = performance.now();
  prepareNext(run, progress);
  const made = await updateWithinMemory(run, batch, updateSettings(run.stage, learningRate), call);
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
      'time/update': secondsSince(started),
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
export function demonstrations(rendered: readonly RenderedDemonstration[]): TokenBatch {
  return {
    prompts: raggedFromRows(rendered.map(({ promptIds }) => promptIds)),
    groupSizes: new Int32Array(rendered.length).fill(1),
    completions: raggedFromRows(rendered.map(({ answerIds }) => answerIds)),
  };
}

/** Whether prompt and expert's text together fit the model. */
export function fitsDemonstration(run: StageContext, row: RenderedDemonstration): boolean {
  return fitsPrompt(run, row) && row.promptIds.length + row.answerIds.length <= run.policy.config.maxPositions;
}

/** Prompt and expert's text of an instance, with their token ids; the end token is the last, where the model has one. */
export function renderDemonstration(
  instance: Instance,
  template: Template,
  { tokenizer, eosTokenIds }: Pick<ModelSource, 'tokenizer' | 'eosTokenIds'>,
): RenderedDemonstration {
  const rendered = renderInstance(instance, template, tokenizer);
  const end = endTokens(eosTokenIds, tokenizer.eosTokenId).slice(0, 1);
  return { ...rendered, answerIds: [...tokenizer.encode(demonstration(rendered)), ...end] };
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
