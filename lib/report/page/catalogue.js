/** Which metrics make which chart. */
import { malformedWords } from './format.js';
import { seriesColor } from './theme.js';

/** @import { Line } from './chart_data.js' */
/** @import { Unit } from './format.js' */
/** @import { Run } from './run.js' */

/**
 * @typedef {object} ChartSpec
 * @property {string} title
 * @property {Unit} unit
 * @property {string} [note]
 * @property {boolean} [stacked]
 * @property {[metric: string, label: string][]} [metrics]
 * @property {string} [family] all metrics whose names begin so, `rewards/`
 * @property {string} [suffix] and end so
 * @property {boolean} [inverted] 1 minus the metric
 * @property {string} [deviation] metric that is drawn as a band around the first
 * @property {[low: string, high: string]} [band] metrics between which the first lies
 */

/** @type {ChartSpec} */
export const rewardChart = {
  title: 'Reward',
  unit: 'number',
  note: 'of all that was sampled; of one run with its spread within a group',
  metrics: [['reward', 'reward']],
  deviation: 'reward_std',
};

/** @type {ChartSpec} */
export const formatChart = {
  title: 'Format rate',
  unit: 'share',
  note: 'share of the completions that keep to the format',
  metrics: [['completions/malformed_ratio', 'well-formed']],
  inverted: true,
};

/** @type {ChartSpec} */
export const lossChart = { title: 'Loss', unit: 'number', metrics: [['loss', 'loss']] };

/** @type {{ title: string, charts: ChartSpec[] }[]} */
export const sections = [
  {
    title: 'Reward',
    charts: [
      rewardChart,
      { title: 'Spread of rewards in a group', unit: 'number', metrics: [['reward_std', 'standard deviation']] },
      { title: 'Each reward', unit: 'number', family: 'rewards/', suffix: '/mean' },
      formatChart,
      {
        title: 'Malformed completions',
        unit: 'count',
        note: 'in a step, by reason',
        family: 'malformed/',
        stacked: true,
      },
    ],
  },
  {
    title: 'Validation',
    charts: [
      { title: 'Held-out reward', unit: 'number', metrics: [['eval_reward', 'reward']] },
      {
        title: 'Held-out answers',
        unit: 'share',
        metrics: [
          ['eval_exact_match', 'exact match'],
          ['eval_accuracy', 'correct'],
        ],
      },
      {
        title: 'Held-out format rate',
        unit: 'share',
        metrics: [['eval_completions/malformed_ratio', 'well-formed']],
        inverted: true,
      },
      { title: 'Held-out loss', unit: 'number', metrics: [['eval_loss', 'loss']] },
    ],
  },
  {
    title: 'Policy',
    charts: [
      { title: 'Entropy', unit: 'number', note: 'nats a token', metrics: [['entropy', 'entropy']] },
      { title: 'KL to the reference', unit: 'number', metrics: [['kl', 'KL']] },
      { title: 'Gradient norm', unit: 'number', note: 'before clipping', metrics: [['grad_norm', 'gradient norm']] },
      { ...lossChart, note: 'about 0 by construction while on-policy: look at gradient and reward' },
      {
        title: 'Clipped tokens',
        unit: 'share',
        metrics: [
          ['clip_ratio/low_mean', 'low'],
          ['clip_ratio/high_mean', 'high'],
        ],
      },
      { title: 'Learning rate', unit: 'number', metrics: [['learning_rate', 'learning rate']] },
    ],
  },
  {
    title: 'Completions and sampling',
    charts: [
      {
        title: 'Length',
        unit: 'tokens',
        note: 'mean, shortest and longest',
        metrics: [['completions/mean_length', 'mean']],
        band: ['completions/min_length', 'completions/max_length'],
      },
      { title: 'Cut off at the length limit', unit: 'share', metrics: [['completions/clipped_ratio', 'cut off']] },
      { title: 'Held-out length', unit: 'tokens', metrics: [['eval_completions/mean_length', 'mean']] },
      {
        title: 'Groups',
        unit: 'count',
        metrics: [
          ['sampling/groups', 'sampled'],
          ['sampling/batch', 'trained on'],
        ],
      },
      {
        title: 'Dropped groups',
        unit: 'count',
        note: 'in a step, by reason',
        family: 'sampling/dropped/',
        stacked: true,
      },
      {
        title: 'Groups without spread',
        unit: 'share',
        note: 'all rewards equal',
        metrics: [['frac_reward_zero_std', 'share']],
      },
      { title: 'Rounds of sampling', unit: 'count', metrics: [['sampling/rounds', 'rounds']] },
    ],
  },
  {
    title: 'Speed',
    charts: [
      {
        title: 'Throughput',
        unit: 'rate',
        note: 'tokens read and written',
        metrics: [['tokens_per_second', 'throughput']],
      },
      { title: 'Time of a step', unit: 'seconds', metrics: [['step_time', 'step']] },
      { title: 'Time per phase', unit: 'seconds', family: 'time/', stacked: true },
    ],
  },
];

/** Metrics that are no curve, or that another name says better. */
const plain = new Set(['step', 'stage', 'epoch', 'num_tokens', 'clip_ratio/region_mean']);

/** Names of numbers that a spec draws. @param {ChartSpec} spec @param {readonly Run[]} runs */
function metricsOf(spec, runs) {
  if (spec.metrics) return spec.metrics;
  const { family = '', suffix = '' } = spec;
  const names = [...new Set(runs.flatMap((run) => [...run.columns.keys()]))];
  const label = family === 'malformed/' ? malformedWords : words;
  const found = names.filter((name) => name.startsWith(family) && name.endsWith(suffix));
  return found.map((name) => {
    /** @type {[string, string]} */
    const entry = [name, label(name.slice(family.length, name.length - suffix.length))];
    return entry;
  });
}

/** `allRight` as words. @param {string} name */
function words(name) {
  return name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
}

/**
 * Curves of a chart; of several runs each has its colour, of one each metric. Without what has no values.
 *
 * @param {ChartSpec} spec
 * @param {readonly Run[]} runs
 * @returns {Line[]}
 */
export function linesOf(spec, runs) {
  const metrics = metricsOf(spec, runs);
  // A reward that is the only one is the reward, which has a chart already.
  if (spec.family && !spec.stacked && metrics.length < 2) return [];
  const many = runs.length > 1;
  const dashes = [[], [6, 4], [2, 3], [8, 3, 2, 3]];
  return runs.flatMap((run, r) =>
    metrics.flatMap(([name, label], m) => {
      const points = run.points(name);
      if (points.x.length === 0) return [];
      // What is 0 all along adds nothing to a stack but a name.
      if (spec.stacked && points.y.every((y) => y === 0)) return [];
      /** @type {Line} */
      const line = {
        label: many ? `${run.head?.name ?? ''}${metrics.length > 1 ? ` · ${label}` : ''}` : label,
        color: seriesColor(many ? r : m),
        points: spec.inverted ? { x: points.x, y: points.y.map((y) => 1 - y) } : points,
        ...(many && m > 0 ? { dash: dashes[m % dashes.length] } : {}),
      };
      return [many ? line : { ...line, ...bandOf(spec, run, points) }];
    }),
  );
}

/** @param {ChartSpec} spec @param {Run} run @param {import('./run.js').Points} points */
function bandOf({ deviation, band }, run, points) {
  if (band) return { band: { low: run.points(band[0]), high: run.points(band[1]) } };
  const spread = deviation ? run.points(deviation) : undefined;
  if (spread?.x.length !== points.x.length) return {};
  /** @param {number} sign */
  const shifted = (sign) => ({ x: points.x, y: points.y.map((y, i) => y + sign * spread.y[i]) });
  return { band: { low: shifted(-1), high: shifted(1) } };
}

/** Numbers that no chart above draws: custom metrics, and what is added later. @param {readonly Run[]} runs @returns {string[]} */
export function otherMetrics(runs) {
  const drawn = new Set(plain);
  for (const spec of sections.flatMap(({ charts }) => charts)) {
    for (const [name] of metricsOf(spec, runs)) drawn.add(name);
    for (const name of [...(spec.band ?? []), ...(spec.deviation ? [spec.deviation] : [])]) drawn.add(name);
  }
  const names = new Set(runs.flatMap((run) => [...run.columns.keys()]));
  return [...names].filter((name) => !drawn.has(name) && runs.some((run) => run.points(name).x.length > 0)).sort();
}
