interface Box {
  start: number;
  end: number;
  content: string;
}

const BOX = /\\(?:boxed|fbox|framebox)(?![a-zA-Z])\s?/g;
/** What may stand between boxes that belong together. */
const BETWEEN = /^(?:\s|[$,;]|\\[,;! ()[\]]|\\\\|\\(?:quad|qquad)|\\text\{\s?(?:and|or)\s?\}|\band\b|\bor\b|&)*$/;
const MAX_BETWEEN = 40;

/**
 * Content of the last non-empty box, as a list together with the boxes right before it. Null without a box.
 * Linear in the length of the text.
 */
export function boxedAnswer(text: string): string | null {
  const boxes = findBoxes(text);
  let last = boxes.length - 1;
  while (last >= 0 && boxes[last]!.content.trim() === '') last--;
  if (last < 0) return null;
  const together = [boxes[last]!];
  for (let i = last - 1; i >= 0 && belongs(text, boxes[i]!, together[0]!); i--) together.unshift(boxes[i]!);
  const unit = together.length === 1 ? unitAfter(text.slice(boxes[last]!.end, boxes[last]!.end + 80)) : '';
  return [...new Set(together.map((box) => box.content.trim()))].join(', ') + unit;
}

function belongs(text: string, before: Box, after: Box): boolean {
  const gap = after.start - before.end;
  return (
    gap >= 0 && gap <= MAX_BETWEEN && before.content.trim() !== '' && BETWEEN.test(text.slice(before.end, after.start))
  );
}

/** `\boxed{28}\%` and `\boxed{90}^\circ`. */
function unitAfter(text: string): string {
  return /^\s?(?:\\?%|\^\s?\{?\\circ\}?)/.exec(text)?.[0] ?? '';
}

/** All outermost boxes in order. A box that is never closed reaches to the end of its line. */
function findBoxes(text: string): Box[] {
  const boxes: Box[] = [];
  BOX.lastIndex = 0;
  for (let found = BOX.exec(text); found; found = BOX.exec(text)) {
    const open = found.index + found[0].length;
    const box = text[open] === '{' ? braced(text, found.index, open) : bare(text, found.index, open);
    boxes.push({ ...box, content: innermost(box.content) });
    BOX.lastIndex = Math.max(box.end, open);
  }
  return boxes;
}

function braced(text: string, start: number, open: number): Box {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    const char = text[i];
    if (char === '\\') i++;
    else if (char === '{') depth++;
    else if (char === '}' && --depth === 0) return { start, end: i + 1, content: text.slice(open + 1, i) };
  }
  const line = text.indexOf('\n', open);
  const end = line < 0 ? text.length : line;
  return { start, end, content: text.slice(open + 1, end) };
}

/** `\boxed 5`: up to the next space, dollar or bracket. */
function bare(text: string, start: number, open: number): Box {
  const content = /^[^\s$\\{}]{0,40}/.exec(text.slice(open, open + 40))![0];
  return { start, end: open + content.length, content };
}

/** `\boxed{\fbox{5}}` is 5. */
function innermost(content: string): string {
  const inner = /^\s?\\(?:boxed|fbox|framebox)\{(.*)\}\s?$/s.exec(content);
  return inner && !inner[1]!.includes('\\boxed') ? inner[1]! : content;
}
