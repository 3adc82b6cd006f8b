/** Steps whose loss or gradient is not finite: they change nothing, and too many in a row end the run. */
import { join } from 'node:path';
import { UserError } from '../errors.js';
import type { StageContext } from './context.js';
import { writeWhole } from './files.js';
import type { MadeUpdate } from './micro_batch.js';
import type { RunDirectory } from './run_directory.js';
import type { StepResult } from './step.js';

/** Whether an update of the step was not made because loss or gradient were not finite. */
export function isBad({ updates }: Pick<StepResult, 'updates'>): boolean {
  return updates.some(({ skipped }) => skipped === 'nonFinite');
}

/**
 * End a run of which nothing more is to be expected: write down what the last bad step was made of.
 * @param checkpoint step of the last checkpoint, null when there is none.
 */
export async function giveUp(
  directory: RunDirectory,
  run: StageContext,
  bad: StepResult,
  checkpoint: number | null,
): Promise<UserError> {
  const { step } = bad.progress;
  const file = join(directory.path, `bad-step-${step}.json`);
  const report = {
    step,
    stage: run.index,
    method: run.stage.method,
    learningRate: bad.metrics.learning_rate,
    updates: bad.updates.map(readable),
    batch: bad.batch(),
  };
  await writeWhole(file, `${JSON.stringify(report, null, 2)}\n`);
  const { maxBadSteps } = run.stage;
  const safe =
    checkpoint === null ? 'there is no checkpoint' : `checkpoint step-${checkpoint} has the last good weights`;
  return new UserError(
    `The loss or its gradient was not finite in ${maxBadSteps} steps in a row, up to step ${step} (maxBadSteps); their ` +
      `updates were not made and ${safe}. Prompts, completions, rewards, advantages and loss of the last one: ${file}\n` +
      `Often the learning rate is too high or the model's weights are damaged. Go on with other settings: ` +
      `foothold train ${directory.path} --resume --override --set learningRate=…`,
    'FOOTHOLD_NON_FINITE',
  );
}

/** JSON has no NaN and no infinity: they become words. */
function readable(update: MadeUpdate): object {
  const word = (value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);
  return Object.fromEntries(Object.entries(update).map(([key, value]) => [key, word(value)]));
}
