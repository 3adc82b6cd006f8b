/**
 * The language of prompt templates: literal text, slots `{{name}}`, and sections `{{#name}} … {{/name}}`.
 *
 * A section of a list is repeated for each item, one of an empty or missing value disappears, any other is shown once.
 * A section's tag that stands alone on a line takes that line with it. What is put into a slot is inserted as it is:
 * it is never read as template language again.
 */
import { UserError } from '../errors.js';

export type TemplateNode = { text: string } | { slot: string; line: number } | Section;

export interface Section {
  section: string;
  line: number;
  nodes: TemplateNode[];
}

/** A slot's value: text, or the items of a repeated section with their own slots. */
export type Values = { readonly [slot: string]: string | number | undefined | readonly Values[] };

/** Sections in one another; known templates have two. */
const MAX_NESTED = 100;

/** An opening or closing section tag alone on its line; or any tag. */
const TAG = /^[ \t]*\{\{([#/])\s*([\w.-]+)\s*\}\}[ \t]*(?:\r?\n|(?![\s\S]))|\{\{([#/]?)\s*([^{}]*?)\s*\}\}/gm;

/**
 * Parse a template.
 *
 * @param origin file named in errors
 * @throws UserError for a section that is not closed, a closing tag that opens nothing, or too many in one another
 */
export function parseTemplate(source: string, origin: string): TemplateNode[] {
  const root: Section = { section: '', line: 0, nodes: [] };
  const open: Section[] = [root];
  let position = 0;
  let line = 1;
  let counted = 0; // characters whose line ends are in `line`

  for (const match of source.matchAll(TAG)) {
    const current = open.at(-1)!;
    if (match.index > position) current.nodes.push({ text: source.slice(position, match.index) });
    position = match.index + match[0].length;
    const kind = match[1] ?? match[3]!;
    const name = match[2] ?? match[4]!;
    line += source.slice(counted, match.index).split('\n').length - 1;
    counted = match.index;
    if (kind === '#') {
      if (open.length > MAX_NESTED) {
        throw new UserError(`${origin} line ${line}: more than ${MAX_NESTED} sections are nested in one another.`);
      }
      const section = { section: name, line, nodes: [] };
      current.nodes.push(section);
      open.push(section);
    } else if (kind === '/') {
      if (current.section !== name || current === root) {
        const expected =
          current === root ? 'no section is open' : `{{#${current.section}}} of line ${current.line} is open`;
        throw new UserError(`${origin} line ${line}: {{/${name}}} closes nothing: ${expected}.`);
      }
      open.pop();
    } else {
      current.nodes.push({ slot: name, line });
    }
  }
  const unclosed = open.at(-1)!;
  if (unclosed !== root) {
    throw new UserError(`${origin} line ${unclosed.line}: {{#${unclosed.section}}} is never closed.`);
  }
  if (position < source.length) root.nodes.push({ text: source.slice(position) });
  return root.nodes;
}

/** Put values into a parsed template; inside a repeated section the item's slots come before the outer ones. */
export function fillTemplate(nodes: readonly TemplateNode[], values: Values): string {
  const parts: string[] = [];
  for (const node of nodes) {
    if ('text' in node) parts.push(node.text);
    else if ('slot' in node) parts.push(String(values[node.slot] ?? ''));
    else {
      const value = values[node.section];
      if (Array.isArray(value)) {
        for (const item of value as readonly Values[]) parts.push(fillTemplate(node.nodes, { ...values, ...item }));
      } else if (value !== undefined && value !== '') parts.push(fillTemplate(node.nodes, values));
    }
  }
  return parts.join('');
}

/** Every name used as a slot or section, with the names of the sections around it, outermost first. */
export function* namesIn(
  nodes: readonly TemplateNode[],
  inside: readonly string[] = [],
): Generator<{ name: string; line: number; isSection: boolean; inside: readonly string[] }> {
  for (const node of nodes) {
    if ('slot' in node) yield { name: node.slot, line: node.line, isSection: false, inside };
    if (!('section' in node)) continue;
    yield { name: node.section, line: node.line, isSection: true, inside };
    yield* namesIn(node.nodes, [...inside, node.section]);
  }
}
