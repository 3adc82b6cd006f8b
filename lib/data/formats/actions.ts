/**
 * What an agent's turn gave its environment to run, never the prose around it. By what the messages hold:
 *
 * - tool calls, or calls written as `<function=name> … </function>` (SWE-agent, OpenHands);
 * - the commands that mini-swe-agent notes in `extra.actions`;
 * - one block fenced as `bash` (mini-swe-agent: a turn with none or several runs nothing);
 * - the last fenced block (SWE-agent's thought-and-action form).
 *
 * A shell command stands for itself; any other tool is written as `<function=name>` with a `<parameter=key>` each.
 */
import { isObject } from '../row.js';
import { enclosed } from './enclosed.js';

export interface AgentMessage {
  role: string;
  content: string;
  tool_calls?: unknown;
  extra?: unknown;
}

/** Opening and closing marks. */
type Marks = readonly [opening: RegExp, closing: RegExp];
const BASH_BLOCK: Marks = [/```(?:bash|mswea_bash_command)[ \t]*\r?\n/g, /\r?\n```/g];
const ANY_BLOCK: Marks = [/^```[^\n`]*\n/gm, /^```[ \t]*$/gm];
const WRITTEN_CALL: Marks = [/<function=([^<>\s]+)>/g, /<\/function>/g];
const WRITTEN_PARAMETER: Marks = [/<parameter=([^<>\s]+)>/g, /<\/parameter>/g];
/** Tools that run a shell command. */
const SHELLS = ['bash', 'execute_bash', 'shell', 'run_command', 'terminal'];

/**
 * How the actions of one conversation are read: the way of writing them is the same in all of its turns.
 *
 * @returns the action of an assistant's message, empty when it gave the environment nothing
 */
export function actionReader(messages: readonly AgentMessage[]): (message: AgentMessage) => string {
  const turns = messages.filter(({ role }) => role === 'assistant');
  if (turns.some((turn) => toolCalls(turn).length > 0)) return (turn) => toolCalls(turn).join('\n');
  if (turns.some((turn) => notedCommands(turn).length > 0)) return (turn) => notedCommands(turn).join('\n');
  if (turns.some((turn) => writtenCalls(turn).length > 0)) return (turn) => writtenCalls(turn).at(-1) ?? '';
  if (turns.some((turn) => blocks(turn, BASH_BLOCK).length > 0)) {
    return (turn) => {
      const found = blocks(turn, BASH_BLOCK);
      return found.length === 1 ? found[0]! : '';
    };
  }
  return (turn) => blocks(turn, ANY_BLOCK).at(-1) ?? '';
}

function blocks({ content }: AgentMessage, marks: Marks): string[] {
  return Array.from(enclosed(content, ...marks), ({ inner }) => inner);
}

function writtenCalls({ content }: AgentMessage): string[] {
  return Array.from(enclosed(content, ...WRITTEN_CALL), ({ opening, inner }) => {
    const parameters = Array.from(
      enclosed(inner, ...WRITTEN_PARAMETER),
      (parameter) => [parameter.opening[1]!, unpadded(parameter.inner)] as const,
    );
    return callText(opening[1]!, Object.fromEntries(parameters));
  });
}

/** A parameter's value stands on lines of its own. */
function unpadded(value: string): string {
  return value.replace(/^\r?\n/, '').replace(/\r?\n$/, '');
}

function toolCalls({ tool_calls: calls }: AgentMessage): string[] {
  if (!Array.isArray(calls)) return [];
  return calls.flatMap((call: unknown) => {
    const called = isObject(call) && isObject(call.function) ? call.function : call;
    if (!isObject(called) || typeof called.name !== 'string') return [];
    return [callText(called.name, callArguments(called.arguments))];
  });
}

/** Arguments are an object, or JSON in a text; what a model wrote may be broken JSON, and is then kept as it is. */
function callArguments(value: unknown): Record<string, unknown> {
  if (isObject(value)) return value;
  if (typeof value !== 'string' || value.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(value);
    return isObject(parsed) ? parsed : { arguments: value };
  } catch {
    return { arguments: value };
  }
}

function callText(name: string, parameters: Record<string, unknown>): string {
  const { command } = parameters;
  if (SHELLS.includes(name) && typeof command === 'string') return command;
  const lines = Object.entries(parameters)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(
      ([key, value]) => `<parameter=${key}>${typeof value === 'string' ? value : JSON.stringify(value)}</parameter>`,
    );
  return [`<function=${name}>`, ...lines, '</function>'].join('\n');
}

function notedCommands({ extra }: AgentMessage): string[] {
  if (!isObject(extra) || !Array.isArray(extra.actions)) return [];
  return extra.actions.flatMap((action: unknown) =>
    isObject(action) && typeof action.command === 'string' ? [action.command] : [],
  );
}
