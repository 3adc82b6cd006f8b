/** One step of an expert solution. */
export interface Step {
  /** Short heading of the step, where the source has one (`1. **Title** …`). */
  title?: string;
  /** What the expert wrote or did: the action that a policy's action is compared with. */
  text: string;
  /** What the environment answered to it (agent trajectories). */
  observation?: string;
  /** What the expert thought before it, where the source says so; shown to nobody, taught by SFT. */
  thought?: string;
}

/** An expert's whole solution of one problem. */
export interface Trajectory {
  id: string;
  problem: string;
  steps: Step[];
  /** Final answer, for rewards from the outcome (RLVR) and for evaluation. */
  answer?: string;
  /** The whole solution as one text, final answer included (SFT and one-step SRL); left out, it is the steps joined. */
  solution?: string;
}

/** A message of a conversation, as chat templates take it. */
export interface Message {
  role: string;
  content: string;
}

/**
 * One training instance: the problem and the expert's first `step − 1` steps are shown, step number `step` is asked for.
 * N steps make N−1 instances (one step is dropped, see `dropStep`). An instance that asks for the whole solution at
 * once has step 1 of 1 and an empty context.
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
  /** What the expert thought before the step, where the data has it: SFT trains on it too. */
  thought?: string;
  answer?: string;
  /** A ready prompt of somebody else's data set, shown as it is instead of one made from a template. */
  prompt?: string | Message[];
}
