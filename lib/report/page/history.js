/** How the answer to one instance changes over training. */
import { marked } from './diff.js';
import { h } from './dom.js';
import { formatCount, formatReward, malformedWords } from './format.js';

/** @import { Group, Run } from './run.js' */
/** @import { Source } from './source.js' */

/** Most times in the table; of more, these are spread evenly over the run. */
const MAX_TIMES = 12;

/**
 * A table with one answer for each time the instance came, the best of its group.
 *
 * @param {Source} source
 * @param {number} runIndex
 * @param {number} index of the group
 * @param {(group: number) => void} goTo
 */
export function historyView(source, runIndex, index, goTo) {
  const run = source.runs[runIndex];
  const all = run.occurrencesOf(run.groups[index]);
  const section = h('section', { class: 'history' }, h('h3', {}, 'This instance over training'));
  if (all.length < 2) {
    section.append(h('p', { class: 'muted' }, 'It has been written down once only so far.'));
    return section;
  }
  const at = all.indexOf(index);
  section.append(
    h(
      'p',
      { class: 'steps' },
      step('Earlier', '[', all[at - 1], goTo),
      step('Later', ']', all[at + 1], goTo),
      h('span', { class: 'muted' }, `${formatCount(at + 1)} of ${formatCount(all.length)} times`),
    ),
  );
  const body = h('tbody');
  section.append(
    h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'This instance over training' },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ...['Step', 'Reward', 'Action (the best of its group)'].map((name) => h('th', { scope: 'col' }, name)),
          ),
        ),
        body,
      ),
    ),
  );
  fill(source, runIndex, spread(all, at), index, goTo, body);
  return section;
}

/** @param {string} name @param {string} key @param {number | undefined} group @param {(group: number) => void} goTo */
function step(name, key, group, goTo) {
  return h(
    'button',
    {
      type: 'button',
      disabled: group === undefined,
      'aria-keyshortcuts': key,
      click: () => goTo(/** @type {number} */ (group)),
    },
    name,
  );
}

/** The first, the last, the chosen one and some between. @param {number[]} all @param {number} chosen */
function spread(all, chosen) {
  if (all.length <= MAX_TIMES) return all;
  const places = Array.from({ length: MAX_TIMES }, (_, i) => Math.round((i * (all.length - 1)) / (MAX_TIMES - 1)));
  return [...new Set([...places, chosen])].sort((a, b) => a - b).map((place) => all[place]);
}

/**
 * @param {Source} source @param {number} runIndex @param {number[]} groups @param {number} current
 * @param {(group: number) => void} goTo @param {HTMLElement} body
 */
async function fill(source, runIndex, groups, current, goTo, body) {
  const run = source.runs[runIndex];
  const rows = groups.map((index) => bestOf(run, run.groups[index]));
  const samples = await source.texts(runIndex, rows).catch(() => []);
  const lines = samples.map(({ action, blocks }, i) => {
    const group = run.groups[groups[i]];
    const malformed = run.malformed[rows[i]];
    const stretches = [];
    for (let at = 0; at < blocks.length; at += 3) stretches.push({ start: blocks[at], size: blocks[at + 2] });
    return h(
      'tr',
      { 'aria-current': groups[i] === current ? 'true' : undefined },
      h(
        'th',
        { scope: 'row' },
        h('button', { type: 'button', class: 'link', click: () => goTo(groups[i]) }, formatCount(group.step)),
      ),
      h('td', {}, formatReward(run.rewards[rows[i]])),
      h(
        'td',
        { class: 'code' },
        ...(malformed === null ? marked(action ?? '', stretches) : [h('em', {}, malformedWords(malformed))]),
      ),
    );
  });
  body.replaceChildren(...lines);
}

/** @param {Run} run @param {Group} group */
function bestOf(run, { from, to }) {
  let best = from;
  for (let row = from; row < to; row++)
    if ((run.rewards[row] ?? -Infinity) > (run.rewards[best] ?? -Infinity)) best = row;
  return best;
}
