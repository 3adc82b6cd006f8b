/**
 * Cutting a numbered solution into its steps.
 *
 * Four ways to write a step's first line are known (`STYLES`); the one that opens the outermost list is used. Lines
 * inside code fences, LaTeX environments and display formulas never open a step, nor do indented ones. Steps count up
 * from 1 without a gap; a list that begins again at 1 inside a step belongs to that step for as long as its items
 * follow each other.
 */
import type { Step } from './instance.js';

/** A solution's steps and what stands around them, or why it is not a list of steps. */
export type Outline =
  | { steps: Step[] /** What follows the last step: the final answer. */; closing: string }
  | { reason: string };

interface Header {
  line: number;
  number: number;
  /** Heading in the source's own words; empty in a plain list. */
  title: string;
  /** What follows on the same line. */
  rest: string;
}

interface Style {
  pattern: RegExp;
  /** A plain list has no mark of its own, so that a number out of order is just text. */
  strict: boolean;
}

/**
 * The number in a heading or in bold. It is a step's only after "Step" or before a mark: `**42**`, `### 3D view` and
 * `### 3.5 m` are text.
 */
const STEP_NUMBER = String.raw`(?=Step\s|\d+\s*[.):]|\d+\s*[–—-](?!\d)|\d+\*\*\s*[.:)])(?:Step\s+)?(\d{1,3})(?!\d|\.\d)\s*[.):–—-]?\s*`;

/** Each pattern captures number, title and rest. Three spaces of indentation make an item of an inner list. */
const STYLES: Style[] = [
  // 1. **Title**: text
  { pattern: /^ {0,2}(\d{1,3})[.)]\s+\*\*(.+?)\*\*\s*:?\s*(.*)$/, strict: true },
  // ### Step 1: Title   ### 1. Title   ### **Step 1: Title**
  { pattern: new RegExp(String.raw`^ {0,2}#{1,6}\s+(?:\*\*)?${STEP_NUMBER}(.*)()$`, 'i'), strict: true },
  // **Step 1: Title** text   **1. Title** text
  { pattern: new RegExp(String.raw`^ {0,2}\*\*${STEP_NUMBER}(.*?)\*\*\s*:?\s*(.*)$`, 'i'), strict: true },
  // Step 1: text
  { pattern: /^ {0,2}Step\s+(\d{1,3})\s*[.):–—-]\s*()(.*)$/i, strict: true },
  // 1. text
  { pattern: /^(\d{1,3})[.)]\s+()(\S.*)$/, strict: false },
];

/** Characters of a line in which its number and title are looked for; the rest of the line may be as long as it likes. */
const LONGEST_HEAD = 1000;

/** Lines that a code fence or formula may span; keeps the search for the ends of unclosed ones short. */
const LONGEST_BLOCK = 500;

/** Steps of a solution text; the text before step 1 is left out. */
export function outlineOf(text: string): Outline {
  const lines = text.replace(/\r\n/g, '\n').split('\n');
  const hidden = protectedLines(lines);
  const found = STYLES.map((style) => ({ style, ...topLevel(lines, hidden, style) }))
    .filter(({ headers, style }) => headers.length >= 2 && (style.strict || isMostOf(lines, headers)))
    .sort((a, b) => a.headers[0]!.line - b.headers[0]!.line);
  const outer = found[0];
  if (outer === undefined) return { reason: 'not a list of numbered steps' };
  if (outer.gap !== undefined) return { reason: `the step numbers have a gap` };

  const bodies = outer.headers.map((header, i) => {
    const end = outer.headers[i + 1]?.line ?? lines.length;
    return lines.slice(header.line + 1, end);
  });
  const last = bodies.length - 1;
  const cut = closingStart(outer.headers[last]!, bodies[last]!, hidden);
  const closing = bodies[last]!.splice(cut).join('\n').trim();
  return { steps: outer.headers.map((header, i) => toStep(header, bodies[i]!)), closing };
}

/** The headers of one style that count up from 1, and the first number that skips ahead. */
function topLevel(
  lines: readonly string[],
  hidden: readonly boolean[],
  style: Style,
): { headers: Header[]; gap?: number } {
  const headers: Header[] = [];
  let gap: number | undefined;
  let inner: Header | undefined;
  lines.forEach((text, line) => {
    const match = hidden[line] ? null : style.pattern.exec(text.slice(0, LONGEST_HEAD));
    if (match === null) return;
    const rest = (match[3]! + text.slice(LONGEST_HEAD)).trim();
    const header = { line, number: Number(match[1]), title: match[2]!.trim(), rest };
    if (inner !== undefined && header.number === inner.number + 1 && follows(lines, hidden, inner.line, line)) {
      inner = header;
      return;
    }
    inner = undefined;
    if (header.number === headers.length + 1) headers.push(header);
    else if (header.number === 1) inner = header;
    else if (style.strict && header.number > headers.length + 1) gap ??= header.number;
  });
  return gap === undefined ? { headers } : { headers, gap };
}

/** Whether one list item directly follows another: between them only its own indented lines, formulas and blank ones. */
function follows(lines: readonly string[], hidden: readonly boolean[], from: number, to: number): boolean {
  for (let i = from + 1; i < to; i++) {
    if (!hidden[i] && /^\S/.test(lines[i]!)) return false;
  }
  return true;
}

/** A plain list counts as the solution's steps only when it is the larger part of the text. */
function isMostOf(lines: readonly string[], headers: readonly Header[]): boolean {
  const length = (part: readonly string[]) => part.join('\n').trim().length;
  const start = headers[0]!.line;
  return length(lines.slice(0, start)) <= length(lines.slice(start));
}

function toStep(header: Header, body: readonly string[]): Step {
  const title = header.title.replace(/^\*\*|[\s:.*]+$/g, '');
  const text = withoutRule([header.rest, ...body].join('\n').trim());
  if (text === '') return { text: title };
  return title === '' ? { text } : { title, text };
}

/** A horizontal rule at the end belongs to no step. */
function withoutRule(text: string): string {
  const lastLine = text.slice(text.lastIndexOf('\n') + 1);
  const isRule = lastLine.length < text.length && /^\s*(?:-{3,}|\*{3,}|_{3,})$/.test(lastLine);
  return isRule ? text.slice(0, -lastLine.length).trim() : text;
}

/**
 * Where the closing part of the last step begins: the first unindented paragraph that is headed as answer or
 * conclusion, or that holds a `\boxed{…}`, with text of the step before it. Without one the step runs to the end.
 */
function closingStart({ line: header, rest }: Header, body: readonly string[], hidden: readonly boolean[]): number {
  const heading = /^(?:#{1,6}\s+|\*\*)?(?:the\s+)?(?:final\s+answer|answer|conclusion|summary)\b/i;
  const nextBlank = nextIndex(body, (line) => line.trim() === '');
  const nextBoxed = nextIndex(body, (line) => line.includes('\\boxed'));
  let empty = rest === '';
  for (const [i, line] of body.entries()) {
    const opens = !hidden[header + 1 + i] && /^\S/.test(line) && (body[i - 1]?.trim() === '' || line.startsWith('#'));
    const follows = !empty;
    empty &&= line.trim() === '';
    if (!opens || !follows) continue;
    const holdsBox = nextBoxed[i]! < nextBlank[i]!;
    if (heading.test(line) || /^-{3,}\s*$/.test(line) || holdsBox) return i;
  }
  return body.length;
}

/** For each line the index of the first from it on that passes the test; the number of lines where there is none. */
function nextIndex(lines: readonly string[], passes: (line: string) => boolean): number[] {
  const next = new Array<number>(lines.length);
  for (let i = lines.length - 1, last = lines.length; i >= 0; i--) {
    if (passes(lines[i]!)) last = i;
    next[i] = last;
  }
  return next;
}

/**
 * Which lines lie inside a code fence, a LaTeX environment or a display formula (the opening line itself does not,
 * since a step may begin there). What is opened and never closed protects nothing.
 */
function protectedLines(lines: readonly string[]): boolean[] {
  const hidden = new Array<boolean>(lines.length).fill(false);
  const marks = lines.map(marksOf);
  for (let i = 0; i < lines.length; i++) {
    const end = blockEnd(marks, i);
    if (end === undefined) continue;
    hidden.fill(true, i + 1, end + 1);
    i = end;
  }
  return hidden;
}

/** What a line opens and closes. Read once, as every line that opens something looks through those behind it. */
interface Marks {
  /** The fence that the line begins. */
  opens: string | undefined;
  /** The fence that it is, which may end one. */
  fence: string | undefined;
  /** Display formulas `\[`, and environments, that it opens, less those that it closes. */
  formulas: number;
  environments: number;
  /** Whether it opens or closes a formula between `$$`. */
  dollars: boolean;
}

function marksOf(line: string): Marks {
  return {
    opens: /^\s*(?:\d+[.)]\s+)?(`{3,}|~{3,})/.exec(line)?.[1],
    fence: /^\s*(`{3,}|~{3,})\s*$/.exec(line)?.[1],
    formulas: count(line, '\\[') - count(line, '\\]'),
    environments: count(line, '\\begin{') - count(line, '\\end{'),
    dollars: count(line, '$$') % 2 === 1,
  };
}

/** Last line of the block that line i opens; undefined when it opens none, or one that ends on the same line. */
function blockEnd(marks: readonly Marks[], i: number): number | undefined {
  const line = marks[i]!;
  const { opens } = line;
  if (opens !== undefined) return nextLine(marks, i, ({ fence }) => fence?.startsWith(opens) ?? false);
  for (const kind of ['formulas', 'environments'] as const) {
    let depth = line[kind];
    if (depth <= 0) continue;
    return nextLine(marks, i, (later) => {
      depth += later[kind];
      return depth <= 0;
    });
  }
  return line.dollars ? nextLine(marks, i, ({ dollars }) => dollars) : undefined;
}

function nextLine(marks: readonly Marks[], after: number, ends: (line: Marks) => boolean): number | undefined {
  const last = Math.min(marks.length, after + LONGEST_BLOCK);
  for (let i = after + 1; i < last; i++) if (ends(marks[i]!)) return i;
  return undefined;
}

/** How often a mark occurs; `\\[2pt]`, a line break with a distance, is not `\[`. */
function count(text: string, mark: string): number {
  return text.replaceAll('\\\\', '').split(mark).length - 1;
}
