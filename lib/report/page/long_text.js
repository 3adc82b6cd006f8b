import { h } from './dom.js';
import { formatCount } from './format.js';

/**
 * A text of which at first only the end is shown when it is long: the end of a prompt is what is asked, and of a thought
 * what it comes to.
 *
 * @param {string} text @param {number} most characters shown at first
 */
export function longText(text, most = 700) {
  const pre = h('pre', { tabindex: 0 });
  if (text.length <= most * 1.3) {
    pre.textContent = text;
    return h('div', {}, pre);
  }
  const short = `… ${text.slice(-most)}`;
  pre.textContent = short;
  let isWhole = false;
  const label = () => (isWhole ? 'Show the end only' : `Show all ${formatCount(text.length)} characters`);
  const button = h(
    'button',
    {
      type: 'button',
      class: 'link',
      click: () => {
        isWhole = !isWhole;
        pre.textContent = isWhole ? text : short;
        button.textContent = label();
      },
    },
    label(),
  );
  return h('div', {}, button, pre);
}
