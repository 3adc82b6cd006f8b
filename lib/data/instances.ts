/** From a trajectory to its training instances. */
import type { Instance, Step, Trajectory } from './instance.js';
import { type InstanceOptions, TRAJECTORY_DEFAULTS } from './options.js';

/**
 * The instances of one trajectory. For unit `step`, instance k shows the problem and steps 1 … k−1 and asks for step k;
 * of an agent trajectory (one with observations) only the last `contextPairs` steps are shown.
 */
export function instancesOf(trajectory: Trajectory, options: InstanceOptions = {}): Instance[] {
  if (options.unit === 'whole') return wholeInstance(trajectory);
  const {
    dropStep = TRAJECTORY_DEFAULTS.dropStep,
    title = TRAJECTORY_DEFAULTS.title,
    contextPairs = TRAJECTORY_DEFAULTS.contextPairs,
  } = options;
  const numSteps = trajectory.steps.length;
  const first = dropStep === 'first' ? 2 : 1;
  const last = dropStep === 'last' ? numSteps - 1 : numSteps;
  const shown = trajectory.steps.some((step) => step.observation !== undefined)
    ? contextPairs
    : Number.POSITIVE_INFINITY;

  const instances: Instance[] = [];
  for (let k = first; k <= last; k++) {
    const step = trajectory.steps[k - 1]!;
    const hint = title === 'context' ? step.title : undefined;
    instances.push({
      id: `${trajectory.id}#${k}`,
      trajectoryId: trajectory.id,
      step: k,
      numSteps,
      problem: trajectory.problem,
      context: trajectory.steps.slice(Math.max(0, k - 1 - shown), k - 1).map(({ thought, ...step }) => step),
      ...(hint === undefined ? {} : { hint }),
      target: hint === undefined ? stepText(step) : step.text,
      ...(step.thought === undefined ? {} : { thought: step.thought }),
      ...(trajectory.answer === undefined ? {} : { answer: trajectory.answer }),
    });
  }
  return instances;
}

/** A step as it is written out: its title, where it has one, in bold on a line of its own, then its text. */
export function stepText(step: Step): string {
  return step.title === undefined ? step.text : `**${step.title}**\n${step.text}`;
}

/** The whole solution as one text. */
export function solutionText(trajectory: Trajectory): string {
  return trajectory.solution ?? trajectory.steps.map(stepText).join('\n\n');
}

function wholeInstance(trajectory: Trajectory): Instance[] {
  const target = solutionText(trajectory);
  if (target.trim() === '') return [];
  return [
    {
      id: `${trajectory.id}#1`,
      trajectoryId: trajectory.id,
      step: 1,
      numSteps: 1,
      problem: trajectory.problem,
      context: [],
      target,
      ...(trajectory.answer === undefined ? {} : { answer: trajectory.answer }),
    },
  ];
}
