/** What the model writes now: the best and the worst rollout of the newest group. */
import { h } from './dom.js';
import { groupWords, rowsOf } from './group_view.js';
import { longText } from './long_text.js';
import { rollout } from './rollout.js';
import { runPicker } from './runs.js';

/** @import { Run } from './run.js' */
/** @import { Source } from './source.js' */

/** @param {Source} source @param {(run: number, group: number) => void} openGroup */
export function latestView(source, openGroup) {
  let run = 0;
  let shown = '';
  const body = h('div');
  const element = h('section', { class: 'latest' });
  const update = async () => {
    const { groups, generation } = source.runs[run];
    element.hidden = source.runs.every((each) => each.groups.length === 0);
    const index = newest(source.runs[run]);
    const state = `${run}/${generation}/${index}/${index === undefined ? 0 : groups[index].to}`;
    if (state === shown) return;
    shown = state;
    const parts =
      index === undefined
        ? [h('p', { class: 'muted' }, 'No samples yet.')]
        : await contents(source, run, index, openGroup);
    if (shown === state) body.replaceChildren(...parts);
  };
  const picker = runPicker(source, (chosen) => {
    run = chosen;
    update();
  });
  element.append(h('h2', {}, 'What does the model write now?'), picker ?? '', body);
  return { element, update };
}

/** The newest group of training, or of the validation where training writes none down. @param {Run} run */
function newest({ groups }) {
  const training = groups.findLastIndex(({ validation }) => !validation);
  const index = training >= 0 ? training : groups.length - 1;
  return index < 0 ? undefined : index;
}

/** @param {Source} source @param {number} runIndex @param {number} index @param {(run: number, group: number) => void} openGroup */
async function contents(source, runIndex, index, openGroup) {
  const run = source.runs[runIndex];
  const group = run.groups[index];
  const rows = rowsOf(group).sort((a, b) => (run.rewards[b] ?? -Infinity) - (run.rewards[a] ?? -Infinity));
  const chosen = rows.length > 1 ? [rows[0], rows[rows.length - 1]] : rows;
  try {
    const samples = await source.texts(runIndex, chosen);
    const count = group.to - group.from;
    return [
      h('p', { class: 'muted' }, `${groupWords(run, group)}${count > 1 ? '. The best and the worst:' : ''}`),
      longText(samples[0].prompt, { characters: 400, lines: 6 }),
      h('div', { class: 'rollouts' }, ...samples.map((sample, i) => rollout(run, group, chosen[i], sample))),
      h(
        'p',
        {},
        h(
          'button',
          { type: 'button', click: () => openGroup(runIndex, index) },
          count > 2 ? `All ${count} rollouts` : 'Open in the sample browser',
        ),
      ),
    ];
  } catch (error) {
    return [h('p', { class: 'warning' }, `The samples cannot be read: ${/** @type {Error} */ (error).message}`)];
  }
}
