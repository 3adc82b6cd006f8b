/** Two texts side by side as HTML, with the blocks that they share in colour. */
import type { Match } from '../difflib/index.js';

/** Styles of `diffHtml`, for the head of a page. */
export const diffStyles = `
.diff { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; margin: .5rem 0 1.5rem }
.diff pre { margin: 0; padding: .6rem; white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #8886;
  border-radius: 6px; font: 13px/1.5 ui-monospace, monospace }
.diff mark { color: inherit; border-radius: 3px; background: hsl(var(--hue) 80% 60% / .35) }
.diff mark:hover { outline: 1px solid hsl(var(--hue) 80% 45%) }
.diff del, .diff ins { text-decoration: none; border-bottom: 1px dotted #888; opacity: .65 }
`;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as HTML shows it. A lone surrogate, which no file can hold, becomes U+FFFD. */
export function escapeHtml(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd').replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}

/**
 * `a` beside `b`. A block has the same colour and tooltip on both sides; what is in one text only is dimmed.
 *
 * @param blocks matching blocks in order; positions count code points
 */
export function diffHtml(a: string, b: string, blocks: readonly Match[]): string {
  const left = pane(
    [...a],
    blocks.map((block) => ({ start: block.a, size: block.size })),
    'del',
  );
  const right = pane(
    [...b],
    blocks.map((block) => ({ start: block.b, size: block.size })),
    'ins',
  );
  return `<div class="diff"><pre>${left}</pre><pre>${right}</pre></div>`;
}

function pane(characters: string[], stretches: { start: number; size: number }[], otherTag: 'del' | 'ins'): string {
  const html: string[] = [];
  const textOf = (start: number, end: number) => escapeHtml(characters.slice(start, end).join(''));
  const other = (start: number, end: number) => {
    if (start < end) html.push(`<${otherTag}>${textOf(start, end)}</${otherTag}>`);
  };
  let at = 0;
  stretches.forEach(({ start, size }, index) => {
    if (size === 0) return;
    other(at, start);
    at = start + size;
    // The golden angle keeps neighbours far apart on the colour circle.
    const hue = Math.round(index * 137.508) % 360;
    html.push(`<mark style="--hue:${hue}" title="block ${index + 1}, ${size} characters">${textOf(start, at)}</mark>`);
  });
  other(at, characters.length);
  return html.join('');
}
