/**
 * Runs of software agents: mini-swe-agent and SWE-agent trajectories, and data sets of such messages.
 *
 * A step is a turn of the assistant: the action is what the environment consumed (`actions.ts`), the observation is what
 * stands before the next turn. A turn that gave the environment nothing to run is left out with its reply, and counted.
 */
import type { Step } from '../instance.js';
import { type ReadOptions, TRAJECTORY_DEFAULTS } from '../options.js';
import { isObject, type Row, rowId, textField, wrongType } from '../row.js';
import { type AgentMessage, actionReader } from './actions.js';
import { type Enclosed, enclosed } from './enclosed.js';
import { type Format, NO_PROBLEM } from './format.js';

/** Columns where messages are found. SWE-agent's `trajectory` holds actions, other people's holds messages. */
const MESSAGE_COLUMNS = ['messages', 'history', 'trajectory'];

export const swe: Format = {
  name: 'swe',

  recognises(value) {
    if ('trajectory_format' in value || ('trajectory' in value && 'history' in value)) return true;
    const agentRow = ['instance_id', 'resolved', 'info', 'patch'].some((key) => key in value);
    return agentRow && MESSAGE_COLUMNS.some((key) => Array.isArray(value[key]) || typeof value[key] === 'string');
  },

  parse(row, options) {
    if (options.resolvedOnly && !isResolved(row)) return { drop: 'not marked as resolved' };
    const messages = messagesOf(row);
    const problem = (textField(row, 'problem_statement') ?? issueOf(messages)).trim();
    if (problem === '') return { drop: NO_PROBLEM };

    const actions = sweAgentSteps(row) ?? messageSteps(messages);
    const steps = actions.filter(({ text }) => text !== '').map((step) => elided(step, options));
    const id = rowId(row);
    return {
      trajectory: { ...(id === undefined ? {} : { id }), problem, steps, solution: submissionOf(row) },
      leftOut: { 'turn without an action': actions.length - steps.length },
      whyNoSteps: 'no turn with an action',
    };
  },
};

/** The conversation, demonstrations left out, with each content as one text. */
function messagesOf(row: Row): AgentMessage[] {
  const column = MESSAGE_COLUMNS.find((key) => {
    const first = Array.isArray(row.value[key]) ? row.value[key][0] : row.value[key];
    return typeof first === 'string' || (isObject(first) && 'role' in first);
  });
  if (column === undefined) throw wrongType(row, 'messages', 'an array of { role, content }', row.value.messages);
  let list = row.value[column];
  if (typeof list === 'string') list = parsedText(row, column, list);
  if (!Array.isArray(list)) throw wrongType(row, column, 'an array of { role, content }', list);
  return list.flatMap((message: unknown, i) => {
    if (!isObject(message)) throw wrongType(row, `${column}[${i}]`, 'an object { role, content }', message);
    if (typeof message.role !== 'string') throw wrongType(row, `${column}[${i}].role`, 'a string', message.role);
    if (message.is_demo === true) return [];
    return [{ ...message, role: message.role, content: contentText(row, `${column}[${i}].content`, message.content) }];
  });
}

/** Some data sets hold the messages as JSON in a text column. */
function parsedText(row: Row, column: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrongType(row, column, 'an array of messages, or one written as JSON', text);
  }
}

function contentText(row: Row, key: string, content: unknown): string {
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw wrongType(row, key, 'a string or an array of parts', content);
  return content
    .map((part: unknown) => {
      if (typeof part === 'string') return part;
      if (!isObject(part)) throw wrongType(row, key, 'a string or an array of { type, text }', part);
      return typeof part.text === 'string' ? part.text : '';
    })
    .join('');
}

const ISSUE_TAGS = ['pr_description', 'issue_description', 'github_issue', 'issue', 'problem_statement'];

/** The issue, which agents are given inside a longer instruction; without a known mark the whole instruction. */
function issueOf(messages: readonly AgentMessage[]): string {
  const asked = messages.filter(({ role }) => role === 'user').map(({ content }) => content);
  for (const content of asked.slice(0, 2)) {
    const marked = tagged(content) ?? first(content, /^ISSUE:[ \t]*\r?\n/gm, /^[ \t]*INSTRUCTIONS:/gm)?.inner;
    if (marked !== undefined) return marked.trim().replace(/^Consider the following PR description:\s*/, '');
  }
  return asked[0] ?? '';
}

/** What stands in the first of the tags that is closed. */
function tagged(content: string): string | undefined {
  const found = ISSUE_TAGS.flatMap(
    (tag) => first(content, new RegExp(`<${tag}>`, 'g'), new RegExp(`</${tag}>`, 'g')) ?? [],
  );
  return found.sort((a, b) => a.opening.index - b.opening.index)[0]?.inner;
}

const first = (...search: Parameters<typeof enclosed>): Enclosed | undefined =>
  enclosed(...search).next().value ?? undefined;

/** One step a turn; `text` is empty where the turn had no action. */
function messageSteps(messages: readonly AgentMessage[]): Step[] {
  const actionOf = actionReader(messages);
  const steps: Step[] = [];
  for (const message of messages) {
    if (message.role === 'assistant') steps.push({ text: actionOf(message).trim(), observation: '' });
    else if (message.role !== 'system' && steps.length > 0) {
      const step = steps.at(-1)!;
      step.observation = step.observation === '' ? message.content : `${step.observation}\n${message.content}`;
    }
  }
  return steps;
}

/** The list of actions and observations that SWE-agent writes beside the messages. */
function sweAgentSteps(row: Row): Step[] | undefined {
  const list = row.value.trajectory;
  if (!Array.isArray(list) || !list.every((item) => isObject(item) && typeof item.action === 'string'))
    return undefined;
  return list.map((item: Record<string, unknown>) => ({
    text: (item.action as string).trim(),
    observation: typeof item.observation === 'string' ? item.observation : '',
  }));
}

/** Observations longer than the limit keep their first and last halves of it; what is cut is said in between. */
function elided(step: Step, { maxObservationChars = TRAJECTORY_DEFAULTS.maxObservationChars }: ReadOptions): Step {
  const characters = [...(step.observation ?? '')];
  const surplus = characters.length - maxObservationChars;
  if (surplus <= 0) return step;
  const head = Math.ceil(maxObservationChars / 2);
  const tail = characters.slice(head + surplus).join('');
  const observation = `${characters.slice(0, head).join('')}\n[${surplus} characters left out]\n${tail}`;
  return { ...step, observation };
}

function isResolved(row: Row): boolean {
  const info = isObject(row.value.info) ? row.value.info : {};
  const resolved = row.value.resolved ?? info.resolved;
  if (resolved === undefined || resolved === null) return false;
  if (typeof resolved === 'boolean') return resolved;
  if (resolved === 0 || resolved === 1) return resolved === 1;
  throw wrongType(row, 'resolved', 'true or false', resolved);
}

/** The patch the run ended with. */
function submissionOf(row: Row): string {
  const info = isObject(row.value.info) ? row.value.info : {};
  return typeof info.submission === 'string' ? info.submission : (textField(row, 'patch') ?? '');
}
