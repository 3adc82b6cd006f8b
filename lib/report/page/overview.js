/** What most look at first: does the reward rise, does the format rate, and what does the model write now? */
import { formatChart, linesOf, lossChart, rewardChart } from './catalogue.js';
import { Chart } from './chart.js';
import { h, swatch } from './dom.js';
import { formatCount, formatSeconds, formatShare, formatUnit } from './format.js';
import { latestView } from './latest.js';
import { seriesColor } from './theme.js';
import { trendOf } from './trend.js';

/** @import { ChartSpec } from './catalogue.js' */
/** @import { Run } from './run.js' */
/** @import { Source } from './source.js' */

/** @typedef {{ question: string, spec: ChartSpec, metric: string, better: 'rising' | 'falling' }} Question */

/** @type {Question[]} */
const questions = [
  { question: 'Is the reward rising?', spec: rewardChart, metric: 'reward', better: 'rising' },
  {
    question: 'Is the format rate rising?',
    spec: formatChart,
    metric: 'completions/malformed_ratio',
    better: 'rising',
  },
  { question: 'Is the loss falling?', spec: lossChart, metric: 'loss', better: 'falling' },
  {
    question: 'Does it hold on held-out problems?',
    spec: heldOut('eval_exact_match', 'Exact steps', 'share'),
    metric: 'eval_exact_match',
    better: 'rising',
  },
  {
    question: 'Does it hold on held-out problems?',
    spec: heldOut('eval_accuracy', 'Correct answers', 'share'),
    metric: 'eval_accuracy',
    better: 'rising',
  },
  {
    question: 'Does it hold on held-out problems?',
    spec: heldOut('eval_loss', 'Held-out loss', 'number'),
    metric: 'eval_loss',
    better: 'falling',
  },
];

/** @param {string} metric @param {string} title @param {'share' | 'number'} unit @returns {ChartSpec} */
function heldOut(metric, title, unit) {
  return { title, unit, note: 'validation', metrics: [[metric, title.toLowerCase()]] };
}

export class Overview {
  /** @param {Source} source @param {(run: number, group: number) => void} openGroup */
  constructor(source, openGroup) {
    this.source = source;
    this.cards = questions.map((question) => new Card(question));
    this.facts = h('dl', { class: 'facts' });
    this.latest = latestView(source, openGroup);
    this.waiting = h('p', { class: 'empty' });
    this.element = h(
      'div',
      { class: 'overview' },
      this.waiting,
      h('div', { class: 'cards' }, ...this.cards.map(({ element }) => element)),
      this.facts,
      this.latest.element,
    );
  }

  update() {
    const { runs, live } = this.source;
    const isEmpty = runs.every(({ count }) => count === 0);
    this.waiting.hidden = !isEmpty;
    this.waiting.textContent = live
      ? 'No step yet. The first appears here as soon as it is made.'
      : 'This run has made no step.';
    // The loss of RL says nothing; it is asked for only where there is no reward.
    const hasReward = runs.some((run) => run.points('reward').x.length > 0);
    for (const card of this.cards) card.update(runs, !(hasReward && card.question.metric.endsWith('loss')));
    this.facts.replaceChildren(...(runs.length === 1 && !isEmpty ? facts(runs[0]) : []));
    this.latest.update();
  }
}

/** One question: the answer in words, and the curve. */
class Card {
  /** @param {Question} question */
  constructor(question) {
    this.question = question;
    this.answers = h('div', { class: 'answers' });
    this.chart = new Chart({ ...question.spec, height: 200 });
    this.element = h('section', { class: 'card' }, h('h2', {}, question.question), this.answers, this.chart.element);
  }

  /** @param {Run[]} runs @param {boolean} isAsked */
  update(runs, isAsked) {
    const lines = linesOf(this.question.spec, runs);
    this.element.hidden = !isAsked || lines.length === 0;
    if (this.element.hidden) return;
    this.chart.show(lines, { smoothing: 0.05, boundaries: runs.length === 1 ? runs[0].boundaries : [] });
    this.answers.replaceChildren(...runs.map((run, index) => this.answer(run, index, runs.length > 1)));
  }

  /** Of the last stage alone, since a stage has rewards of its own. @param {Run} run @param {number} index @param {boolean} isNamed */
  answer(run, index, isNamed) {
    const { spec, metric, better } = this.question;
    const { y } = run.points(metric, run.last('stage'));
    if (y.length === 0) return h('p', {}, isNamed ? `${run.head?.name}: ` : null, 'not in this stage');
    const trend = trendOf(spec.inverted ? y.map((value) => 1 - value) : y);
    const unit = spec.note === 'validation' ? 'validations' : 'steps';
    const means = `from ${formatUnit(trend.start, spec.unit)}; means of the first and last ${trend.window} ${unit}`;
    return h(
      'p',
      {},
      ...(isNamed ? [swatch(seriesColor(index)), `${run.head?.name} `] : []),
      h('b', { class: 'value' }, formatUnit(trend.now, spec.unit)),
      ' ',
      h('span', { class: `verdict ${judgement(trend, better)}` }, verdict(trend, better)),
      trend.direction === 'early' ? null : h('small', {}, ` ${means}`),
    );
  }
}

/** @param {import('./trend.js').Trend} trend @param {string} better */
function judgement({ direction }, better) {
  if (direction === 'level' || direction === 'early') return '';
  return direction === better ? 'good' : 'bad';
}

/** @param {import('./trend.js').Trend} trend @param {string} better */
function verdict({ direction, start, now, window }, better) {
  if (direction === 'early') return 'too early to say';
  if (direction === 'level') return start === now && window > 2 ? 'unchanged' : 'no clear change';
  return direction === better ? `yes, ${direction}` : `no, ${direction}`;
}

/** @param {Run} run */
function facts(run) {
  const total = run.head?.totalSteps;
  const time = run.points('step_time').y;
  /** @type {[string, string | null][]} */
  const all = [
    ['Step', `${formatCount(run.step)}${total ? ` of ${formatCount(total)}` : ''}`],
    ['Epoch', value(run, 'epoch', (epoch) => epoch.toFixed(2))],
    ['Time in steps', time.length === 0 ? null : formatSeconds(time.reduce((sum, seconds) => sum + seconds, 0))],
    ['Tokens', value(run, 'num_tokens', formatCount)],
    ['Throughput', value(run, 'tokens_per_second', (rate) => `${formatCount(rate)} tokens/s`)],
    ['Mean length', value(run, 'completions/mean_length', (length) => `${formatCount(length)} tokens`)],
    ['Groups without spread', value(run, 'frac_reward_zero_std', formatShare)],
    ['Gradient norm', value(run, 'grad_norm', (norm) => formatUnit(norm, 'number'))],
  ];
  return all.flatMap(([name, text]) => (text === null ? [] : [h('div', {}, h('dt', {}, name), h('dd', {}, text))]));
}

/** @param {Run} run @param {string} metric @param {(value: number) => string} format */
function value(run, metric, format) {
  const last = run.last(metric);
  return last === undefined ? null : format(last);
}
