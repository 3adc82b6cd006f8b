/** What a policy's callers give, checked before anything is done. Types say the same, to those who compile. */
import { inspect } from 'node:util';
import { z } from 'zod';
import { describeIssue, formatPath } from '../config/problems.js';
import { UserError } from '../errors.js';
import { checkIds } from './completion.js';
import type { GenerateOptions } from './policy.js';
import type { GivenCompletion, Group, PolicyUpdateOptions } from './update.js';

/** A schema for each key of an interface, so that none is forgotten. */
type Keys<T> = { [key in keyof Required<T>]: z.ZodType };

const call = {
  signal: z.instanceof(AbortSignal).nullish(),
  onProgress: z.function().optional(),
};
const generate: Keys<GenerateOptions> = {
  ...call,
  maxTokens: z.int().min(1),
  numGenerations: z.int().min(1).optional(),
  temperature: z.number().min(0).optional(),
  topK: z.int().min(0).optional(),
  topP: z.number().gt(0).max(1).optional(),
  minP: z.number().min(0).max(1).optional(),
  seed: z.int().min(0).max(0xffff_ffff).optional(),
};
const nonNegative = z.number().min(0).optional();
const unbounded = z.union([nonNegative, z.literal(Number.POSITIVE_INFINITY)]);
const update: Keys<PolicyUpdateOptions> = {
  ...call,
  learningRate: z.number().min(0),
  lossType: z.enum(['grpo', 'dapo', 'drGrpo', 'gspo', 'crossEntropy']).optional(),
  epsilon: nonNegative,
  epsilonHigh: unbounded,
  beta: nonNegative,
  temperature: nonNegative,
  maxCompletionLength: z.int().min(1).optional(),
  adamBeta1: z.number().min(0).lt(1).optional(),
  adamBeta2: z.number().min(0).lt(1).optional(),
  adamEpsilon: z.number().gt(0).optional(),
  weightDecay: nonNegative,
  maxGradNorm: unbounded,
  maxTokensPerMicroBatch: z.int().min(1).optional(),
  gradientCheckpointing: z.boolean().optional(),
};
const schemas = { generate, update };

/** @throws UserError that names each option that is unknown, missing or out of its range */
export function checkOptions(method: keyof typeof schemas, options: unknown): void {
  const known = schemas[method];
  const result = z.strictObject(known).safeParse(options);
  if (result.success) return;
  const problems = result.error.issues.map((issue) => {
    const path = issue.path as string[];
    const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], options);
    const place = formatPath(path);
    return `${place && `${place}: `}${describeIssue(issue, value, Object.keys(known))}`;
  });
  throw new UserError(`Options of ${method}: ${problems.join('; ')}`);
}

/** @throws UserError unless it is a list */
export function checkList(what: string, value: unknown): void {
  if (!Array.isArray(value)) throw new UserError(`${what}: expected a list; got ${shown(value)}.`);
}

/** @throws UserError for what is no group of a prompt and completions with token ids */
export function checkGroups(groups: readonly Group[], vocabSize: number): void {
  checkList('groups', groups);
  for (const [g, group] of groups.entries()) {
    checkList(`groups[${g}].completions`, (group as Group | null)?.completions);
    if (group.completions.length === 0) throw new UserError(`Group ${g} has no completion.`);
    const wrong = group.completions.findIndex(
      (completion) => !isArrayLike((completion as GivenCompletion | null)?.ids),
    );
    if (wrong < 0) {
      for (const { ids } of group.completions) checkIds('A completion', ids, vocabSize);
      continue;
    }
    throw new UserError(
      `groups[${g}].completions[${wrong}]: expected an object with ids, its tokens, as generate gives it; got ` +
        `${shown(group.completions[wrong])}.`,
    );
  }
}

export function isArrayLike(value: unknown): value is ArrayLike<number> {
  return typeof value === 'object' && value !== null && 'length' in value && Number.isInteger(value.length);
}

export function shown(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY }).slice(0, 60);
}
