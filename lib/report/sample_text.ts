/** A line of `samples.jsonl` in full, with what action and expert's step have in common. */
import { SequenceMatcher } from '../difflib/index.js';
import type { Comparison } from './head.js';
import type { SampleText } from './payload.js';

/** Longer texts are shown without colours: comparing takes time that grows with the product of the lengths. */
const MAX_COMPARED = 50_000;

/** @param sample a parsed line; fields of another type than ours are shown as missing. */
export function sampleText(sample: Record<string, unknown>, comparison?: Comparison): SampleText {
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  const action = text(sample.action);
  const expert = text(sample.expert) ?? '';
  return {
    prompt: text(sample.prompt) ?? '',
    completion: text(sample.completion) ?? '',
    thought: text(sample.thought),
    action,
    expert,
    rewards: Object.entries(sample.rewards ?? {}).map(([name, value]) => [
      name,
      typeof value === 'number' ? value : null,
    ]),
    blocks:
      action === null || Math.max(action.length, expert.length) > MAX_COMPARED
        ? []
        : blocks(action, expert, comparison),
  };
}

/** `a, b, size` of each block, `a` in the action and `b` in the expert's step whichever order the reward compares them in. */
function blocks(action: string, expert: string, comparison?: Comparison): number[] {
  const { autojunk = false, expertFirst = false } = comparison ?? {};
  const matcher = new SequenceMatcher(
    null,
    ...(expertFirst ? ([expert, action] as const) : ([action, expert] as const)),
    autojunk,
  );
  return matcher
    .getMatchingBlocks()
    .filter(({ size }) => size > 0)
    .flatMap(({ a, b, size }) => (expertFirst ? [b, a, size] : [a, b, size]));
}
