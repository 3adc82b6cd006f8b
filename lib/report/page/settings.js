/** Configuration, environment and what happened; of several runs side by side, with what differs marked. */
import { h } from './dom.js';

/** @import { Entries, RunHead } from '../payload.js' */
/** @import { Source } from './source.js' */

export class SettingsView {
  /** @param {Source} source */
  constructor(source) {
    this.source = source;
    this.many = source.runs.length > 1;
    this.onlyDifferent = this.many;
    this.tables = h('div');
    this.shown = '';
    const box = h('input', {
      type: 'checkbox',
      checked: this.onlyDifferent,
      change: () => {
        this.onlyDifferent = box.checked;
        this.update();
      },
    });
    this.element = h(
      'div',
      { class: 'settings' },
      this.many ? h('label', {}, box, ' Only what differs') : null,
      this.tables,
    );
  }

  update() {
    const heads = this.source.runs.flatMap(({ head }) => (head ? [head] : []));
    const state = JSON.stringify([heads, this.onlyDifferent]);
    if (state === this.shown) return;
    this.shown = state;
    const names = heads.map(({ name }) => name);
    this.tables.replaceChildren(
      ...this.table(
        'Configuration',
        names,
        heads.map(({ settings }) => settings),
      ),
      ...this.table(
        'Environment',
        names,
        heads.map(({ environment }) => environment),
      ),
      ...heads.flatMap((head) => history(head, this.many)),
    );
  }

  /** @param {string} title @param {string[]} names @param {Entries[]} columns one a run */
  table(title, names, columns) {
    const values = columns.map((entries) => new Map(entries));
    const keys = [...new Set(columns.flatMap((entries) => entries.map(([key]) => key)))];
    /** @param {string} key */
    const differs = (key) => values.some((map) => map.get(key) !== values[0].get(key));
    const shown = this.onlyDifferent ? keys.filter(differs) : keys;
    if (shown.length === 0)
      return [
        h('h2', {}, title),
        h('p', { class: 'muted' }, keys.length === 0 ? 'Not written down.' : 'The same in all runs.'),
      ];
    const header = this.many
      ? h(
          'thead',
          {},
          h('tr', {}, h('th', { scope: 'col' }, 'Key'), ...names.map((name) => h('th', { scope: 'col' }, name))),
        )
      : null;
    const rows = shown.map((key) =>
      h(
        'tr',
        { class: differs(key) ? 'different' : '' },
        h('th', { scope: 'row' }, key),
        ...values.map((map) => h('td', { class: 'code' }, map.get(key) ?? '–')),
      ),
    );
    return [
      h('h2', {}, title),
      h(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': title },
        h('table', {}, header, h('tbody', {}, ...rows)),
      ),
    ];
  }
}

/** What happened to a run. @param {RunHead} head @param {boolean} isNamed */
function history({ name, events }, isNamed) {
  if (events.length === 0) return [];
  const rows = events.map(([time, what]) =>
    h('tr', {}, h('th', { scope: 'row' }, new Date(time).toLocaleString()), h('td', {}, what)),
  );
  const title = isNamed ? `What happened: ${name}` : 'What happened';
  return [
    h('h2', {}, title),
    h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': title },
      h('table', {}, h('tbody', {}, ...rows)),
    ),
  ];
}
