/** An action beside the expert's step, with what they have in common in the same colours. */
import { h } from './dom.js';

/** Longest text that is drawn whole, in code points. */
const MAX_DRAWN = 20_000;

/**
 * @param {string} action
 * @param {string} expert
 * @param {number[]} blocks `a, b, size` of each matching block, in code points
 */
export function diff(action, expert, blocks) {
  /** @type {{ a: number, b: number, size: number }[]} */
  const matches = [];
  for (let i = 0; i < blocks.length; i += 3) matches.push({ a: blocks[i], b: blocks[i + 1], size: blocks[i + 2] });
  return h(
    'div',
    { class: 'diff' },
    pane(
      'Action',
      action,
      matches.map(({ a, size }) => ({ start: a, size })),
    ),
    pane(
      'Expert’s step',
      expert,
      matches.map(({ b, size }) => ({ start: b, size })),
    ),
  );
}

/** @param {string} title @param {string} text @param {{ start: number, size: number }[]} stretches */
function pane(title, text, stretches) {
  return h('div', {}, h('h4', {}, title), h('pre', { tabindex: 0 }, ...marked(text, stretches)));
}

/**
 * Text with coloured stretches; the rest is dimmed.
 *
 * @param {string} text
 * @param {{ start: number, size: number }[]} stretches
 */
export function marked(text, stretches) {
  const characters = Array.from(text);
  /** @param {number} from @param {number} to */
  const slice = (from, to) => characters.slice(from, Math.min(to, MAX_DRAWN)).join('');
  /** @type {(Node | string)[]} */
  const parts = [];
  let at = 0;
  stretches.forEach(({ start, size }, index) => {
    if (start >= MAX_DRAWN) return;
    if (at < start) parts.push(h('span', { class: 'other' }, slice(at, start)));
    at = start + size;
    const mark = h('mark', { title: `block ${index + 1}: ${size} characters` }, slice(start, at));
    // The golden angle keeps neighbours far apart on the colour circle, beginning at green.
    mark.style.setProperty('--hue', String(Math.round(140 + index * 137.508) % 360));
    parts.push(mark);
  });
  if (at < characters.length) parts.push(h('span', { class: 'other' }, slice(at, characters.length)));
  if (characters.length > MAX_DRAWN) parts.push(` … ${characters.length - MAX_DRAWN} more characters`);
  return parts;
}
