/**
 * From a training instance to the prompt the model sees.
 *
 * A template file is plain text with slots (see `template_syntax.ts`). What varies least comes first, so that the
 * prompt of instance k, up to its closing part, is a prefix of that of instance k+1: instructions, problem, then the
 * growing steps, then the closing part.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../bindings/load.js';
import type { Instance, Message, Step } from '../data/instance.js';
import { stepText } from '../data/instances.js';
import { UserError } from '../errors.js';
import { fillTemplate, namesIn, parseTemplate, type TemplateNode, type Values } from './template_syntax.js';
import { opensThinkBlock } from './think.js';

/** Templates that come with Foothold, in `lib/prompt/templates`. */
export const BUILT_IN_TEMPLATES = ['math', 'math-whole', 'software', 'software-whole', 'raw'] as const;

export interface Template {
  /** Name or path, for messages. */
  name: string;
  /** Never goes through a chat template (`{{#raw}}`). */
  raw: boolean;
  /** The messages in order; `assistant` last is the beginning of the reply. A raw template has one of role `raw`. */
  parts: { role: string; nodes: TemplateNode[] }[];
  /** Names of the slots and sections in use. */
  slots: Set<string>;
}

export interface Prompt {
  text: string;
  /** The prompt ends inside an open `<think>`: the completion begins with the thought, without a tag. */
  prefilled: boolean;
}

/** The part of a tokenizer that rendering needs. */
export interface ChatRenderer {
  readonly chatTemplate: string | null;
  applyChatTemplate(messages: readonly Message[], options?: { addGenerationPrompt?: boolean }): string;
}

const ROLES = ['system', 'user', 'assistant', 'raw'];
const SLOTS = ['problem', 'number', 'steps', 'hint'];
/** Slots of one step shown: `step` is title and text together. */
const STEP_SLOTS = ['number', 'step', 'title', 'text', 'observation'];
/** What a plain `{{steps}}` stands for. */
const ALL_STEPS = '{{#steps}}{{step}}\n{{#observation}}{{observation}}\n{{/observation}}{{/steps}}';

/**
 * Load a template by its built-in name or from a file.
 *
 * @throws UserError that names the file and what is wrong: no such template, an unknown slot, a section left open
 */
export async function loadTemplate(nameOrPath: string): Promise<Template> {
  const builtIn = (BUILT_IN_TEMPLATES as readonly string[]).includes(nameOrPath);
  const file = builtIn ? join(packageRoot, 'lib/prompt/templates', `${nameOrPath}.txt`) : nameOrPath;
  let source: string;
  try {
    source = await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(
      `The prompt template ${nameOrPath} cannot be read (${(error as Error).message}). ` +
        `Give a file, or one of ${BUILT_IN_TEMPLATES.join(', ')}.`,
    );
  }
  return makeTemplate(source, nameOrPath);
}

/** A template from its source text. @param name for messages. @throws UserError as `loadTemplate`. */
export function makeTemplate(source: string, name: string): Template {
  const nodes = parseTemplate(source.replace(/^\uFEFF/, '').replace(/\{\{\s*steps\s*\}\}/g, ALL_STEPS), name);
  const parts = messageParts(nodes, name);
  const slots = new Set<string>();
  for (const { name: slot, line, isSection, inside } of namesIn(nodes)) {
    checkName(slot, isSection, inside, `${name} line ${line}`);
    slots.add(slot);
  }
  if (!slots.has('problem')) throw new UserError(`${name}: the template has no slot {{problem}}.`);
  return { name, raw: parts[0]!.role === 'raw', parts, slots };
}

/**
 * The prompt of an instance as the model sees it: through the tokenizer's chat template where it has one, as plain text
 * for a base model and for a raw template. An instance that brings its own prompt keeps it.
 *
 * @throws UserError when the instance has steps or a hint that the template has no place for
 */
export function renderPrompt(instance: Instance, template: Template, tokenizer: ChatRenderer): Prompt {
  const { messages, reply } = renderMessages(instance, template);
  const chat = tokenizer.chatTemplate !== null && !template.raw;
  const text = chat
    ? begun(tokenizer.applyChatTemplate(messages, { addGenerationPrompt: true }), reply)
    : [...messages.map(({ content }) => content), ...(reply === '' ? [] : [reply])].join('\n\n');
  return { text, prefilled: opensThinkBlock(text) };
}

/** A chat with the beginning of its reply, whose thought the chat template of a reasoning model may have opened already. */
function begun(chat: string, reply: string): string {
  return chat + (opensThinkBlock(chat) ? reply.replace(/^<think>\s*/, '') : reply);
}

/** The messages of an instance, and the beginning of the reply where the template gives one. */
export function renderMessages(instance: Instance, template: Template): { messages: Message[]; reply: string } {
  if (instance.prompt !== undefined) {
    const { prompt } = instance;
    return { messages: typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt, reply: '' };
  }
  requirePlace(template, 'steps', instance.context.length > 0, instance);
  requirePlace(template, 'hint', instance.hint !== undefined, instance);
  const values = slotValues(instance);
  const messages = template.parts.map(({ role, nodes }) => ({
    role: role === 'raw' ? 'user' : role,
    content: fillTemplate(nodes, values),
  }));
  const reply = messages.at(-1)!.role === 'assistant' ? messages.pop()!.content : '';
  return { messages, reply };
}

function slotValues({ problem, step, hint, context }: Instance): Values {
  const shown = context.map(
    (item: Step, i): Values => ({
      number: step - context.length + i,
      title: item.title,
      text: item.text,
      step: stepText(item),
      observation: item.observation,
    }),
  );
  return { problem, number: step, hint, steps: shown };
}

function requirePlace(template: Template, slot: string, needed: boolean, instance: Instance): void {
  if (!needed || template.slots.has(slot)) return;
  throw new UserError(
    `${template.name}: instance ${instance.id} has ${slot === 'steps' ? 'earlier steps' : 'a hint'} to show, ` +
      `but the template has no place for it. Add {{${slot}}}.`,
  );
}

function checkName(name: string, isSection: boolean, inside: readonly string[], where: string): void {
  const tag = isSection ? `section {{#${name}}}` : `slot {{${name}}}`;
  if (isSection && ROLES.includes(name)) {
    if (inside.length > 0) throw new UserError(`${where}: ${tag} must not stand inside another section.`);
    return;
  }
  const allowed = inside.includes('steps') ? [...SLOTS.filter((slot) => slot !== 'steps'), ...STEP_SLOTS] : SLOTS;
  if (!allowed.includes(name)) {
    throw new UserError(`${where}: there is no ${tag} here; known are ${[...new Set(allowed)].join(', ')}.`);
  }
}

/** Top-level sections `system`, `user`, `assistant` are messages; a file without them is one user message. */
function messageParts(nodes: TemplateNode[], name: string): Template['parts'] {
  const isRole = (node: TemplateNode) => 'section' in node && ROLES.includes(node.section);
  if (!nodes.some(isRole)) return [{ role: 'user', nodes: withoutFinalNewline(nodes) }];
  const parts: Template['parts'] = [];
  for (const node of nodes) {
    if ('section' in node && isRole(node)) parts.push({ role: node.section, nodes: withoutFinalNewline(node.nodes) });
    else if (!('text' in node) || node.text.trim() !== '') {
      throw new UserError(
        `${name}: text outside of {{#system}}, {{#user}}, {{#assistant}} and {{#raw}} belongs to no message.`,
      );
    }
  }
  const roles = parts.map(({ role }) => role);
  if (roles.includes('raw') && roles.length > 1) {
    throw new UserError(`${name}: {{#raw}} is the whole prompt and does not go with other messages.`);
  }
  const early = roles.indexOf('assistant');
  if (early >= 0 && early < roles.length - 1) {
    throw new UserError(`${name}: {{#assistant}} begins the reply and must come last.`);
  }
  return parts;
}

/** Editors end a file with a newline that is not meant for the model. */
function withoutFinalNewline(nodes: TemplateNode[]): TemplateNode[] {
  const last = nodes.at(-1);
  if (last === undefined || !('text' in last)) return nodes;
  return [...nodes.slice(0, -1), { text: last.text.replace(/\r?\n$/, '') }];
}
