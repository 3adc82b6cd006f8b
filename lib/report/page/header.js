/** Top of the page: which run, how far it is, and the four views. */
import { h } from './dom.js';
import { formatCount, formatSeconds } from './format.js';

/** @import { Source } from './source.js' */

export const VIEWS = /** @type {const} */ (['overview', 'curves', 'samples', 'settings']);
const TITLES = { overview: 'Overview', curves: 'Curves', samples: 'Samples', settings: 'Settings' };

/** Seconds without a step after which a run that has not finished may have stopped. */
const QUIET = 120;

export class Header {
  /** @param {Source} source */
  constructor(source) {
    this.source = source;
    this.status = h('p', { class: 'status', role: 'status' });
    this.notices = h('div', { class: 'notices' });
    this.links = VIEWS.map((view, i) => h('a', { href: `#${view}`, 'aria-keyshortcuts': i + 1 }, TITLES[view]));
    const names = source.runs.map(({ head }) => head?.name ?? '').join(', ');
    this.element = h(
      'header',
      { class: 'top' },
      h('div', { class: 'title' }, h('h1', {}, names), this.status),
      h('nav', { 'aria-label': 'Views' }, ...this.links),
      this.notices,
    );
  }

  /** @param {string} view */
  mark(view) {
    for (const link of this.links) {
      if (link.hash === `#${view}`) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }

  update() {
    const { runs, live, trouble } = this.source;
    const text = runs.length > 1 ? `${runs.length} runs` : statusWords(runs[0], live);
    if (this.status.textContent !== text) this.status.textContent = text;
    this.element.classList.toggle(
      'live',
      live && trouble === null && runs[0].head?.state === 'running' && !isQuiet(runs[0]),
    );
    const unreadable = runs
      .filter((run) => run.unreadable > 0)
      .map((run) => `${run.head?.name}: ${formatCount(run.unreadable)} lines are not of Foothold and are left out.`);
    const failed = runs
      .filter(({ head }) => head?.state === 'failed')
      .map(({ head }) => `${head?.name}: ${head?.events.at(-1)?.[1]}`);
    const all = [...failed, ...(trouble === null ? [] : [trouble]), ...unreadable];
    this.notices.replaceChildren(...all.map((notice) => h('p', { class: 'warning' }, notice)));
  }
}

/** @param {import('./run.js').Run} run @param {boolean} live */
function statusWords(run, live) {
  const total = run.head?.totalSteps;
  const steps = `Step ${formatCount(run.step)}${total ? ` of ${formatCount(total)}` : ''}`;
  const { state = 'running' } = run.head ?? {};
  if (state !== 'running')
    return `${steps} · ${state}${state === 'finished' ? '' : '; `foothold train --resume` goes on'}`;
  if (run.modified === null) return live ? 'Waiting for the first step' : 'No step was made';
  if (!live) return `${steps} · not finished; last step ${new Date(run.modified).toLocaleString()}`;
  const ago = secondsSince(run);
  const words = ago < 5 ? 'just now' : `${formatSeconds(Math.round(ago))} ago`;
  return `${steps} · last ${words}${isQuiet(run) ? ' (has it stopped?)' : ''}`;
}

/** Longer without a step than a run is that goes on. @param {import('./run.js').Run} run */
function isQuiet(run) {
  return secondsSince(run) > Math.max(QUIET, 5 * (run.last('step_time') ?? 0));
}

/** Since the last step. @param {import('./run.js').Run} run */
function secondsSince({ modified }) {
  return modified === null ? 0 : Math.max(0, (Date.now() - modified) / 1000);
}
