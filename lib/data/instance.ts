/** One step of an expert solution. */
export interface Step {
  /** Short heading of the step, where the source has one (`1. **Title** …`). */
  title?: string;
  /** What the expert wrote or did: the action that a policy's action is compared with. */
  text: string;
  /** What the environment answered to it (agent trajectories). */
  observation?: string;
}

/** An expert's whole solution of one problem. */
export interface Trajectory {
  id: string;
  problem: string;
  steps: Step[];
  /** Final answer, for rewards from the outcome (RLVR) and for evaluation. */
  answer?: string;
}

/**
 * One training instance: the problem and the expert's first `step − 1` steps are shown, step number `step` is asked for.
 * N steps make N−1 instances (METHOD: one step is dropped, see `dropStep`).
 */
export interface Instance {
  /** `<trajectory id>#<step>`; unique in a data set. */
  id: string;
  trajectoryId: string;
  /** 1-based number of the step asked for, and the number of steps of the trajectory. */
  step: number;
  numSteps: number;
  problem: string;
  /** The steps shown. For agent trajectories only the last few, oldest first. */
  context: Step[];
  /** Title of the step asked for, when it is given to the model as a hint. */
  hint?: string;
  /** The expert's step: the action's reward is its similarity to this text. */
  target: string;
  answer?: string;
}
