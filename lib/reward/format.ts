/**
 * The format rule: a completion is one thought inside `<think>…</think>` and an action after it.
 *
 * Only the action is scored. What does not follow the rule gets the reward −1, so the rule asks for no more than the
 * method does: text before `<think>` is ignored, white space around thought and action is trimmed.
 */

export const malformedReasons = [
  'noThink',
  'unclosedThink',
  'severalThinks',
  'emptyThought',
  'emptyAction',
  'truncated',
] as const;

/**
 * Why a completion breaks the rule. `truncated`: it was cut by the length limit before it could follow it; a cut
 * completion whose thought is closed and whose action has begun is well-formed.
 */
export type MalformedReason = (typeof malformedReasons)[number];

export type ParsedCompletion =
  | { malformed: null; thought: string; action: string }
  | { malformed: MalformedReason; thought: null; action: null };

export interface ParseOptions {
  /** The prompt ends inside an opened `<think>`, so the completion begins with the thought. */
  prefilled: boolean;
  /** The completion ended by itself, not by the length limit. */
  finished: boolean;
}

const open = '<think>';
const close = '</think>';

/** Parse a completion by the strict rule of training. */
export function parseCompletion(completion: string, { prefilled, finished }: ParseOptions): ParsedCompletion {
  const text = prefilled ? open + completion : completion;
  const malformed = (reason: MalformedReason): ParsedCompletion => ({
    malformed: finished || reason === 'severalThinks' ? reason : 'truncated',
    thought: null,
    action: null,
  });

  const [before, ...blocks] = text.split(open);
  if (blocks.length === 0) return malformed(before!.includes(close) ? 'unclosedThink' : 'noThink');
  if (blocks.length > 1) return malformed('severalThinks');
  const [thought, ...actions] = blocks[0]!.split(close);
  if (before!.includes(close) || actions.length === 0) return malformed('unclosedThink');
  if (actions.length > 1) return malformed('severalThinks');
  if (thought!.trim() === '') return malformed('emptyThought');
  if (actions[0]!.trim() === '') return malformed('emptyAction');
  return { malformed: null, thought: thought!.trim(), action: actions[0]!.trim() };
}

/**
 * Parse a completion for its outcome, as evaluation and RLVR do: any number of thoughts, none included. The action is
 * all text outside of thoughts and may be empty; a thought that is never closed reaches to the end.
 */
export function parseLeniently(
  completion: string,
  { prefilled }: Pick<ParseOptions, 'prefilled'>,
): { thought: string; action: string } {
  const text = prefilled ? open + completion : completion;
  const thoughts: string[] = [];
  const action = text.replace(/<think>(.*?)(<\/think>|$)/gs, (_, thought: string) => {
    thoughts.push(thought.trim());
    return '';
  });
  // A lone `</think>` closes a thought that a template opened without our noticing.
  const lone = action.lastIndexOf(close);
  if (lone < 0) return { thought: thoughts.join('\n\n'), action: action.trim() };
  thoughts.unshift(action.slice(0, lone).replaceAll(close, '').trim());
  return { thought: thoughts.join('\n\n'), action: action.slice(lone + close.length).trim() };
}
