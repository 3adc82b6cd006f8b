/** Colours of the style sheet, for what is drawn on a canvas. */

/** @type {Map<string, string>} */
const known = new Map();
/** @type {Set<() => void>} */
const listeners = new Set();

/** A custom property of the style sheet. @param {string} name */
export function color(name) {
  let value = known.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    known.set(name, value);
  }
  return value;
}

/** The colour of the n-th curve, run or rollout. @param {number} n */
export function seriesColor(n) {
  return `--series-${n % 8}`;
}

/** The same colour, see-through. @param {string} name @param {number} opacity */
export function faint(name, opacity) {
  const [, red, green, blue] = /^#(..)(..)(..)$/.exec(color(name)) ?? [];
  return `rgb(${[red, green, blue].map((part) => Number.parseInt(part, 16)).join(' ')} / ${opacity})`;
}

/** @param {() => void} listener called when light turns to dark or back */
export function onThemeChange(listener) {
  listeners.add(listener);
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  known.clear();
  for (const listener of listeners) listener();
});
