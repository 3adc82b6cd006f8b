/** Where the page has its runs from: the file that it is, or the server that it comes from. */
import { Run } from './run.js';

/** @import { RunUpdate, SampleText } from '../payload.js' */

/**
 * @typedef {object} Source
 * @property {Run[]} runs
 * @property {boolean} live
 * @property {(run: number, rows: number[]) => Promise<SampleText[]>} texts samples in full
 * @property {string | null} trouble what keeps news from coming
 */

/** Samples in one packed block, as the report is written. */
const CHUNK = 128;

/** @param {() => void} onChange @returns {Promise<Source>} */
export function openSource(onChange) {
  return document.documentElement.dataset.source === 'live' ? liveSource(onChange) : embeddedSource();
}

/** @returns {Promise<Source>} */
async function embeddedSource() {
  /** @type {Run[]} */
  const runs = [];
  while (document.getElementById(`run-${runs.length}`)) {
    const run = new Run();
    run.apply(await unpack(`run-${runs.length}`));
    runs.push(run);
  }
  /** @type {Map<string, Promise<SampleText[]>>} */
  const chunks = new Map();
  /** @param {string} id */
  const chunk = (id) => remembered(chunks, id, 32, () => unpack(id));
  return {
    runs,
    live: false,
    trouble: null,
    texts: (run, rows) =>
      Promise.all(rows.map(async (row) => (await chunk(`run-${run}-samples-${Math.floor(row / CHUNK)}`))[row % CHUNK])),
  };
}

/** Base64 of gzip of JSON in an element of its own. @param {string} id */
async function unpack(id) {
  const packed = document.getElementById(id)?.textContent ?? '';
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text());
}

/** @param {() => void} onChange @returns {Promise<Source>} */
function liveSource(onChange) {
  const run = new Run();
  /** @type {Map<string, Promise<SampleText[]>>} */
  const answers = new Map();
  /** @type {Source} */
  const source = {
    runs: [run],
    live: true,
    trouble: null,
    texts: (_, rows) => {
      const query = `generation=${run.generation}&rows=${rows.join()}`;
      return remembered(answers, query, 64, () => ask(`samples?${query}`));
    },
  };
  return new Promise((resolve) => {
    const events = new EventSource('events');
    let isFirst = true;
    events.addEventListener('update', ({ data }) => {
      /** @type {RunUpdate} */
      const update = JSON.parse(data);
      // A connection begins with everything, so that it replaces what was known before.
      run.apply(isFirst ? { ...update, reset: true } : update);
      isFirst = false;
      source.trouble = null;
      resolve(source);
      onChange();
    });
    /** @param {string} trouble */
    const report = (trouble) => {
      source.trouble = trouble;
      resolve(source);
      onChange();
    };
    events.addEventListener('failure', ({ data }) => report(JSON.parse(data)));
    events.addEventListener('error', () => {
      isFirst = true;
      report('No connection to `foothold watch`. Trying again.');
    });
  });
}

/** @param {string} address */
async function ask(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error((await response.text()).trim());
  return response.json();
}

/**
 * What was made before for the same key; the oldest is forgotten, and a failure at once.
 *
 * @template T
 * @param {Map<string, Promise<T>>} known
 * @param {string} key
 * @param {number} most
 * @param {() => Promise<T>} make
 */
function remembered(known, key, most, make) {
  const before = known.get(key);
  if (before) return before;
  const made = make();
  known.set(key, made);
  made.catch(() => known.delete(key));
  for (const oldest of known.keys()) {
    if (known.size <= most) break;
    known.delete(oldest);
  }
  return made;
}
