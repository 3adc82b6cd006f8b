/** The policy as users script it. */
export type { Completion, Prompt } from './completion.js';
export { type GenerateOptions, groupAdvantages, Policy, type PolicyLoadOptions } from './policy.js';
export type { GivenCompletion, Group, PolicyUpdateOptions, TrainingGroup } from './update.js';
