/** A stage's state as JSON and back, exactly: a float32 written as a decimal number reads back as the same float32. */
import type { Progress } from './context.js';
import type { ScoredGroup } from './rollout.js';

/** JSON has no NaN. */
type Json<T> = T | null;
type SavedProgress = Omit<Progress, 'buffer'> & { buffer: SavedGroup[] };
type SavedGroup = Omit<ScoredGroup, 'promptIds' | 'completions' | 'scores'> & {
  promptIds: number[];
  completions: { ids: number[]; logProbs: number[]; finished: boolean; text: string }[];
  scores: (Omit<ScoredGroup['scores'][number], 'reward' | 'parts'> & { reward: Json<number>; parts: Json<number>[] })[];
};

export function progressToJson(progress: Progress): SavedProgress {
  return {
    ...progress,
    buffer: progress.buffer.map((group) => ({
      ...group,
      promptIds: [...group.promptIds],
      completions: group.completions.map((completion) => ({
        ...completion,
        ids: [...completion.ids],
        logProbs: [...completion.logProbs],
      })),
    })),
  };
}

export function progressFromJson(saved: SavedProgress): Progress {
  const number = (value: Json<number>) => value ?? Number.NaN;
  return {
    ...saved,
    buffer: saved.buffer.map((group) => ({
      ...group,
      promptIds: Int32Array.from(group.promptIds),
      completions: group.completions.map((completion) => ({
        ...completion,
        ids: Int32Array.from(completion.ids),
        logProbs: Float32Array.from(completion.logProbs),
      })),
      scores: group.scores.map((score) => ({
        ...score,
        reward: number(score.reward),
        parts: score.parts.map(number),
      })),
    })),
  };
}
