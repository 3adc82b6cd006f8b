/** One group in full: what was asked, what the expert did, and every rollout beside the others. */
import { h } from './dom.js';
import { formatCount } from './format.js';
import { historyView } from './history.js';
import { longText } from './long_text.js';
import { rollout } from './rollout.js';

/** @import { Group, Run } from './run.js' */
/** @import { Source } from './source.js' */

/** Most rollouts that are drawn at once. */
const MAX_ROLLOUTS = 64;

/**
 * @param {Source} source
 * @param {number} runIndex
 * @param {number} index of the group
 * @param {(group: number) => void} goTo shows another group of the same run
 */
export async function groupView(source, runIndex, index, goTo) {
  const run = source.runs[runIndex];
  const group = run.groups[index];
  const rows = rowsOf(group);
  const samples = await source.texts(runIndex, rows);
  return [
    h(
      'header',
      { class: 'group' },
      h('h2', {}, run.instances[group.instance]),
      h('p', { class: 'muted' }, groupWords(run, group)),
    ),
    h('h3', {}, 'Prompt'),
    longText(samples[0].prompt),
    ...rolloutsAndHistory(source, runIndex, index, samples, goTo),
  ];
}

/** @param {Source} source @param {number} runIndex @param {number} index @param {import('../payload.js').SampleText[]} samples @param {(group: number) => void} goTo */
function rolloutsAndHistory(source, runIndex, index, samples, goTo) {
  const run = source.runs[runIndex];
  const group = run.groups[index];
  const more = group.to - group.from - samples.length;
  return [
    h('div', { class: 'rollouts' }, ...samples.map((sample, i) => rollout(run, group, group.from + i, sample))),
    more > 0 ? h('p', { class: 'muted' }, `${more} more are not shown.`) : null,
    historyView(source, runIndex, index, goTo),
  ].filter((node) => node !== null);
}

/** @param {Group} group */
export function rowsOf({ from, to }) {
  return Array.from({ length: Math.min(MAX_ROLLOUTS, to - from) }, (_, i) => from + i);
}

/** @param {Run} run @param {Group} group */
export function groupWords(run, group) {
  const { count, trained } = run.summary(group);
  const stages = new Set(run.groups.map(({ stage }) => stage)).size > 1 ? `, stage ${group.stage + 1}` : '';
  const where = `${group.validation ? 'Validation' : 'Training'} at step ${formatCount(group.step)}${stages}`;
  if (group.validation) return where;
  return `${where}: ${count === 1 ? 'one rollout' : `${count} rollouts`}, ${trained ? 'trained on' : 'not trained on in this step'}`;
}
