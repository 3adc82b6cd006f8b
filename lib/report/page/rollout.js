/** One completion with everything that is known of it. */
import { diff } from './diff.js';
import { h } from './dom.js';
import { formatReward, formatSigned, malformedWords } from './format.js';
import { longText } from './long_text.js';

/** @import { SampleText } from '../payload.js' */
/** @import { Group, Run } from './run.js' */

/**
 * @param {Run} run
 * @param {Group} group
 * @param {number} row of the sample
 * @param {SampleText} sample
 */
export function rollout(run, group, row, sample) {
  const { thought, action, expert, completion, blocks } = sample;
  const malformed = run.malformed[row];
  const title = group.validation ? 'Answer' : `Rollout ${row - group.from + 1}`;
  return h(
    'article',
    { class: 'rollout' },
    h('header', {}, h('h3', {}, title), ...badges(run, group, row, sample)),
    malformed !== null
      ? h('p', { class: 'warning' }, `Malformed: ${malformedWords(malformed)}. The text in full:`)
      : null,
    malformed !== null ? longText(completion) : null,
    malformed === null && thought !== null
      ? h('div', {}, h('h4', {}, 'Thought'), longText(thought, { characters: 500, lines: 10 }))
      : null,
    malformed === null && action !== null ? diff(action, expert, blocks) : null,
  );
}

/** @param {Run} run @param {Group} group @param {number} row @param {SampleText} sample */
function badges(run, group, row, { rewards }) {
  const advantage = run.advantages[row];
  const parts = rewards.length > 1 ? rewards : [];
  return [
    badge('reward', formatReward(run.rewards[row])),
    ...parts.map(([name, value]) => badge(name, formatReward(value))),
    ...(group.validation
      ? []
      : [advantage === null ? badge('not trained on', '') : badge('advantage', formatSigned(advantage))]),
  ];
}

/** @param {string} name @param {string} value */
function badge(name, value) {
  return h('span', { class: 'badge' }, name, value === '' ? null : ' ', value === '' ? null : h('b', {}, value));
}
