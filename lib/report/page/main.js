/** The page of one run, live or not, or of several. */
import { CurvesView } from './curves.js';
import { beforeNextFrame, h } from './dom.js';
import { Header, VIEWS } from './header.js';
import { Overview } from './overview.js';
import { SamplesView } from './samples.js';
import { SettingsView } from './settings.js';
import { openSource } from './source.js';

/** @import { Source } from './source.js' */

/** @param {Source} source */
function showPage(source) {
  const header = new Header(source);
  const samples = new SamplesView(source);
  const views = {
    overview: new Overview(source, (run, group) => {
      location.hash = 'samples';
      if (run !== samples.run) samples.choose(run);
      samples.goTo(group);
    }),
    curves: new CurvesView(source),
    samples,
    settings: new SettingsView(source),
  };
  const main = h('main');
  /** @returns {keyof typeof views} */
  const current = () => VIEWS.find((view) => location.hash === `#${view}`) ?? 'overview';
  const update = () => {
    header.update();
    views[current()].update();
  };
  const show = () => {
    main.replaceChildren(views[current()].element);
    main.className = current();
    header.mark(current());
    update();
  };
  document.body.append(header.element, main);
  addEventListener('hashchange', show);
  addEventListener('keydown', (event) => onKey(event, samples));
  if (source.live) setInterval(() => header.update(), 1000);
  show();
  return update;
}

/** 1 to 4 show the views, / searches. @param {KeyboardEvent} event @param {SamplesView} samples */
function onKey(event, samples) {
  const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const view = VIEWS[Number(event.key) - 1];
  if (view) location.hash = view;
  if (event.key === '/' && samples.element.isConnected) {
    event.preventDefault();
    samples.search.focus();
  }
}

let update = () => {};
const source = await openSource(beforeNextFrame(() => update()));
update = showPage(source);
