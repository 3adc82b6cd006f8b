import { h } from './dom.js';
import { formatCount } from './format.js';

/**
 * A text of which at first only the end is shown when it is long: the end of a prompt is what is asked, and of a thought
 * what it comes to.
 *
 * @param {string} text
 * @param {{ characters: number, lines: number }} most shown at first
 */
export function longText(text, most = { characters: 700, lines: 12 }) {
  const pre = h('pre', { tabindex: 0 });
  const end = endOf(text, most);
  if (end === text) {
    pre.textContent = text;
    return h('div', {}, pre);
  }
  let isWhole = true;
  const button = h('button', { type: 'button', class: 'link', click: () => toggle() });
  const toggle = () => {
    isWhole = !isWhole;
    pre.textContent = isWhole ? text : `… ${end}`;
    button.textContent = isWhole ? 'Show the end only' : `Show all ${formatCount(text.length)} characters`;
  };
  toggle();
  return h('div', {}, button, pre);
}

/** @param {string} text @param {{ characters: number, lines: number }} most */
function endOf(text, { characters, lines }) {
  const last = text.split('\n').slice(-lines).join('\n');
  // To hide a few characters is not worth a button.
  if (last.length === text.length && text.length <= 1.3 * characters) return text;
  return last.length <= characters ? last : last.slice(-characters);
}
