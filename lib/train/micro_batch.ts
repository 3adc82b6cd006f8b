/** Updates that make do with the memory there is. */
import type { UpdateBatch, UpdateMetrics, UpdateOptions } from '../../bindings/torch.js';
import { UserError } from '../errors.js';
import type { StageContext, StepCall } from './context.js';

/** An update, and how often memory ran out before it was made. */
export type MadeUpdate = UpdateMetrics & { outOfMemory: number };

/** Options of an update but for what the memory decides. */
export type UpdateSettings = Omit<UpdateOptions, 'maxTokensPerMicroBatch'>;

/**
 * Make one update. When memory runs out, nothing has changed, and it is made again in micro-batches of half as many
 * tokens; `run.memory` keeps what was found to fit.
 * @throws UserError when not even single completions fit.
 */
export async function updateWithinMemory(
  run: StageContext,
  batch: UpdateBatch,
  settings: UpdateSettings,
  call: StepCall,
): Promise<MadeUpdate> {
  const { all, longest } = tokenCounts(batch);
  for (let outOfMemory = 0; ; outOfMemory++) {
    const maxTokensPerMicroBatch = run.memory.maxTokensPerMicroBatch;
    try {
      return { ...(await run.policy.update(batch, { ...settings, maxTokensPerMicroBatch }, call)), outOfMemory };
    } catch (error) {
      if ((error as { code?: string }).code !== 'FOOTHOLD_OUT_OF_MEMORY') throw error;
      const used = Math.min(maxTokensPerMicroBatch, all);
      if (used <= longest) throw tooLarge(longest, error as Error);
      run.memory.maxTokensPerMicroBatch = Math.max(1, Math.floor(used / 2));
      run.warn(
        `an update of micro-batches of ${used} tokens ran out of memory; from here on they have ` +
          `${run.memory.maxTokensPerMicroBatch} (maxTokensPerMicroBatch)`,
      );
    }
  }
}

/** Tokens of the whole batch, and of the longest prompt with one completion, which cannot be divided. */
function tokenCounts({ prompts, groupSizes, completions }: UpdateBatch): { all: number; longest: number } {
  let row = 0;
  let longest = 0;
  groupSizes.forEach((size, g) => {
    const prompt = prompts.offsets[g + 1]! - prompts.offsets[g]!;
    for (const end = row + size; row < end; row++) {
      longest = Math.max(longest, prompt + completions.offsets[row + 1]! - completions.offsets[row]!);
    }
  });
  return { all: prompts.values.length + completions.values.length, longest };
}

function tooLarge(tokens: number, cause: Error): UserError {
  return new UserError(
    `Memory runs out in an update of a single prompt and completion (${tokens} tokens): ${cause.message}. Set ` +
      'gradientCheckpointing: true, lower maxPromptLength or maxCompletionLength, or train a smaller model.',
    'FOOTHOLD_OUT_OF_MEMORY',
    { cause },
  );
}
