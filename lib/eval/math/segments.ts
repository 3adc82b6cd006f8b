/** A stretch of mathematics in a text: `$…$`, `$$…$$`, `\(…\)` or `\[…\]`, or several joined by `,`, `and`, `or`. */
export interface MathGroup {
  text: string;
  /** Where it stands, delimiters included. */
  start: number;
  end: number;
}

/** Delimiters within one stretch lie at most this far apart. */
const MAX_LENGTH = 4000;
const GLUE = /^\s*(?:,|;|and|or|,\s*and|,\s*or)?\s*$/;

/** The last stretch of mathematics, with those joined to it. */
export function lastMathGroup(text: string): MathGroup | null {
  const groups = mathGroups(text);
  let group = groups.at(-1);
  if (!group) return null;
  for (const before of groups.slice(0, -1).reverse()) {
    const between = text.slice(before.end, group.start);
    if (between.length > 12 || between.trim() === '' || !GLUE.test(between)) break;
    group = { text: `${before.text} ${between.trim()} ${group.text}`, start: before.start, end: group.end };
  }
  return group;
}

/** All stretches of mathematics in order; a dollar that opens none (a price) is passed over. */
export function mathGroups(text: string): MathGroup[] {
  const groups: MathGroup[] = [];
  const find = markFinder(text);
  for (let i = 0; i < text.length; i++) {
    const group = text[i] === '$' ? dollars(text, i, find) : text[i] === '\\' ? escaped(text, i, find) : null;
    if (group) {
      if (group.text.trim() !== '') groups.push({ ...group, text: group.text.trim() });
      i = group.end - 1;
    } else if (text[i] === '\\') i++;
  }
  return groups;
}

type FindMark = (mark: string, from: number) => number;

/** Next unescaped place of a mark, at most MAX_LENGTH on, else −1. Remembers the last answer, so that scanning stays linear. */
function markFinder(text: string): FindMark {
  const known = new Map<string, number>();
  return (mark, from) => {
    let at = known.get(mark) ?? -1;
    if (at < from && at !== text.length) {
      at = text.indexOf(mark, from);
      while (at > 0 && text[at - 1] === '\\') at = text.indexOf(mark, at + 1);
      if (at < 0) at = text.length;
      known.set(mark, at);
    }
    return at === text.length || at - from > MAX_LENGTH ? -1 : at;
  };
}

function dollars(text: string, start: number, find: FindMark): MathGroup | null {
  const mark = text.startsWith('$$', start) ? '$$' : '$';
  const from = start + mark.length;
  const close = find(mark, from);
  if (close < 0) return null;
  const inner = text.slice(from, close);
  if (mark === '$' && isPrice(inner)) return null;
  return { text: inner, start, end: close + mark.length };
}

/** `$5 for the fudge and $`, `$765/3 = $`: a number, then words, or a sign at the end. `$5$` and `$5 + x$` are mathematics. */
function isPrice(inner: string): boolean {
  return inner.includes('\n\n') || /^\d(?:[\d,.]*\s+(?!\\)[a-zA-Z]{2,}[\s,]|[^\\]*(?:[-+*/=<>]\s*|,\s+)$)/.test(inner);
}

function escaped(text: string, start: number, find: FindMark): MathGroup | null {
  const mark = text[start + 1] === '(' ? '\\)' : text[start + 1] === '[' ? '\\]' : null;
  if (mark === null || text[start - 1] === '\\') return null;
  const close = find(mark, start + 2);
  return close < 0 ? null : { text: text.slice(start + 2, close), start, end: close + 2 };
}
