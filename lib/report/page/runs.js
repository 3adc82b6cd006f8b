import { h, swatch } from './dom.js';
import { seriesColor } from './theme.js';

/** @import { Source } from './source.js' */

/** A choice of one run; nothing where there is only one. @param {Source} source @param {(run: number) => void} onChoice */
export function runPicker({ runs }, onChoice) {
  if (runs.length < 2) return null;
  const select = h('select', { 'aria-label': 'Run', change: () => onChoice(Number(select.value)) });
  runs.forEach(({ head }, i) => {
    select.append(h('option', { value: i }, head?.name ?? ''));
  });
  return select;
}

/** Names of the runs with their colours; nothing where there is only one. @param {Source} source */
export function runLegend({ runs }) {
  if (runs.length < 2) return null;
  return h(
    'ul',
    { class: 'legend' },
    ...runs.map(({ head }, i) => h('li', {}, swatch(seriesColor(i)), head?.name ?? '')),
  );
}
