/** Numbers as people read them. */

/**
 * @typedef {'number' | 'share' | 'count' | 'seconds' | 'tokens' | 'rate'} Unit
 */

/** @param {number} value */
export function formatCount(value) {
  return Math.round(value).toLocaleString('en');
}

/** Four digits, or a power of ten when the number is very small or large. @param {number} value */
export function formatNumber(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2).replace('e+', 'e');
  if (size >= 1000) return formatCount(value);
  const digits = size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
  return Number(value.toFixed(digits)).toString();
}

/** @param {number} value */
export function formatShare(value) {
  const percent = 100 * value;
  return `${Number(percent.toFixed(Math.abs(percent) < 99.95 && !Number.isInteger(percent) ? 1 : 0))} %`;
}

/** @param {number} seconds */
export function formatSeconds(seconds) {
  if (seconds < 1) return `${formatNumber(1000 * seconds)} ms`;
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (hours === 0) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.round(hours / 24)} days`;
}

/** @type {Record<Unit, (value: number) => string>} */
const formats = {
  number: formatNumber,
  share: formatShare,
  count: formatNumber,
  seconds: formatSeconds,
  tokens: (value) => `${formatNumber(value)} tokens`,
  rate: (value) => `${formatNumber(value)} tokens/s`,
};

/** @param {number | null | undefined} value @param {Unit} unit */
export function formatUnit(value, unit) {
  return value === null || value === undefined ? '–' : formats[unit](value);
}

/** As few characters as an axis has room for. @param {number} value @param {Unit} unit */
export function formatTick(value, unit) {
  if (unit === 'share') return formatShare(value);
  const suffix = unit === 'seconds' ? ' s' : '';
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toFixed(2))}M${suffix}`;
  if (size >= 1e4) return `${Number((value / 1e3).toFixed(1))}k${suffix}`;
  if (size !== 0 && size < 1e-3) return value.toExponential(0).replace('e+', 'e') + suffix;
  return Number(value.toPrecision(4)) + suffix;
}

/** With its sign, as advantages have one. @param {number} value */
export function formatSigned(value) {
  return `${value < 0 ? '−' : '+'}${formatNumber(Math.abs(value))}`;
}

/** A reward; −1 with a real minus. @param {number | null} value */
export function formatReward(value) {
  if (value === null) return 'none';
  return (Number.isInteger(value) ? String(value) : value.toFixed(3)).replace('-', '−');
}

/** @type {Record<string, string>} */
const reasons = {
  noThink: 'no <think> block',
  unclosedThink: '<think> is never closed',
  severalThinks: 'several <think> blocks',
  emptyThought: 'empty thought',
  emptyAction: 'no action after the thought',
  truncated: 'cut off at the length limit',
};

/** Why a completion breaks the format, in words. @param {string} reason */
export function malformedWords(reason) {
  return Object.hasOwn(reasons, reason) ? reasons[reason] : reason;
}
