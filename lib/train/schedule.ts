export interface Schedule {
  learningRate: number;
  lrSchedulerType: 'constant' | 'linear' | 'cosine';
  /** Share of the steps in which the rate rises linearly to `learningRate`. */
  warmupRatio: number;
  totalSteps: number;
}

/**
 * Learning rate of a step, counted from 0: step s of W warm-up steps has s/W of the rate; then it stays, or falls to 0
 * at `totalSteps` linearly or along half a cosine (the schedules of `transformers.get_scheduler`).
 */
export function learningRateAt(
  step: number,
  { learningRate, lrSchedulerType, warmupRatio, totalSteps }: Schedule,
): number {
  const warmup = Math.ceil(warmupRatio * totalSteps);
  if (step < warmup) return (learningRate * step) / warmup;
  const progress = Math.min(1, (step - warmup) / Math.max(1, totalSteps - warmup));
  switch (lrSchedulerType) {
    case 'constant':
      return learningRate;
    case 'linear':
      return learningRate * (1 - progress);
    case 'cosine':
      return (learningRate * (1 + Math.cos(Math.PI * progress))) / 2;
  }
}
