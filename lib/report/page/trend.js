/** Curves made smoother, and what can be said about where they go. */

/**
 * Exponential moving average, corrected for its beginning so that the first value is itself.
 *
 * @param {number[]} values
 * @param {number} share of the curve that the average looks back on, from 0 (not smoothed)
 */
export function smoothed(values, share) {
  const weight = 1 - 2 / (Math.max(1, share * values.length) + 1);
  let [sum, norm] = [0, 0];
  return values.map((value) => {
    sum = weight * sum + (1 - weight) * value;
    norm = weight * norm + (1 - weight);
    return sum / norm;
  });
}

/**
 * @typedef {object} Trend
 * @property {'rising' | 'falling' | 'level' | 'early'} direction
 * @property {number} start mean of the first steps
 * @property {number} now mean of the last steps
 * @property {number} window how many steps each of these is of
 */

/**
 * Compare the first tenth of a curve with the last one. Rising and falling are said only of a difference of more than
 * two of its standard errors.
 *
 * @param {number[]} values at least one
 * @returns {Trend}
 */
export function trendOf(values) {
  const window = Math.min(200, Math.max(3, Math.round(values.length / 10)));
  const [first, last] = [moments(values.slice(0, window)), moments(values.slice(-window))];
  const error = Math.sqrt((first.variance + last.variance) / window);
  const difference = last.mean - first.mean;
  /** @type {Trend['direction']} */
  let direction = 'level';
  if (values.length < 2 * window) direction = 'early';
  else if (Math.abs(difference) > 2 * error && difference !== 0) direction = difference > 0 ? 'rising' : 'falling';
  return { direction, start: first.mean, now: last.mean, window: Math.min(window, values.length) };
}

/** @param {number[]} values */
function moments(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / Math.max(1, values.length - 1) };
}
