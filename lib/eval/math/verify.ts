import { compareAnswers } from './compare.js';
import { type Extracted, extractAnswer } from './extract.js';
import { ParseError } from './lexer.js';
import { normalise } from './normalise.js';
import { type ParsedAnswer, parseAnswer } from './parser.js';
import { type SymbolicEngine, SymbolicWorker } from './symbolic.js';
import { unitsConflict } from './units.js';

export interface VerifyOptions {
  /**
   * The kind of brackets and the order of tuples matter, a tuple is no set, and variables keep their names. Without it,
   * tuples and sets are compared without order and variables may be renamed. Default true.
   */
  strict?: boolean;
  /** Time for the symbolic stage, in milliseconds; what is not proved by then is decided by numeric samples. Default 2000. */
  timeoutMs?: number;
}

export interface Verification {
  /** null: no answer in `gold`, or nothing could tell whether the two are equal. */
  equal: boolean | null;
  /** The answers found, in one spelling; empty when there was none. */
  gold: string;
  pred: string;
}

export interface AnswerPair {
  gold: string;
  pred: string;
  /** Overrides the option for this pair. */
  strict?: boolean;
}

const DEFAULT_TIMEOUT_MS = 2000;
/** Answers longer than this are compared as text only. */
const MAX_ANSWER = 4000;
/** No more of an answer than this is read. */
const MAX_READ = 4 * MAX_ANSWER;

let shared: SymbolicWorker | null = null;

/**
 * Does `pred` give the same answer as `gold`? Both may be whole solutions: the answer is looked for in them first.
 * Never throws and always ends: sizes are bounded and the symbolic stage runs in a worker with a time limit. The worker starts
 * when first needed, stays warm for later calls, and does not keep the process alive.
 *
 * @example
 * await verifyAnswer('$\\frac12$', 'So the answer is \\boxed{0.5}.'); // { equal: true, gold: '\\frac12', pred: '0.5' }
 */
export async function verifyAnswer(gold: string, pred: string, options: VerifyOptions = {}): Promise<Verification> {
  shared ??= new SymbolicWorker();
  return verifyWith(shared, gold, pred, options);
}

/** Verify many pairs with one warm worker, in order. */
export async function verifyAnswers(pairs: Iterable<AnswerPair>, options: VerifyOptions = {}): Promise<Verification[]> {
  const results: Verification[] = [];
  for (const { gold, pred, strict } of pairs) {
    results.push(await verifyAnswer(gold, pred, strict === undefined ? options : { ...options, strict }));
  }
  return results;
}

async function verifyWith(
  worker: SymbolicWorker,
  goldText: string,
  predText: string,
  options: VerifyOptions,
): Promise<Verification> {
  const [gold, pred] = [readAnswer(goldText), readAnswer(predText)];
  const result = { gold: gold.text, pred: pred.text };
  if (gold.text === '') return { equal: null, ...result };
  if (pred.text === '') return { equal: false, ...result };
  const engine = worker.withBudget(options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  return { equal: await answersEqual(gold, pred, engine, options.strict ?? true), ...result };
}

/** The answer that a text gives, in one spelling; empty when there is none. */
export function answerOf(text: string): string {
  return readAnswer(text).text;
}

interface Answer {
  text: string;
  plain: boolean;
  /** Only its beginning was read, so that equal texts prove nothing. */
  cut: boolean;
}

function readAnswer(text: string): Answer {
  const found: Extracted = extractAnswer(text) ?? { text: '', plain: true };
  const cut = found.text.length > MAX_READ;
  return { text: normalise(found.text.slice(0, MAX_READ)), plain: found.plain, cut };
}

async function answersEqual(
  gold: Answer,
  pred: Answer,
  engine: SymbolicEngine,
  strict: boolean,
): Promise<boolean | null> {
  if (gold.cut || pred.cut) return null;
  if (asText(gold.text) === asText(pred.text)) return true;
  if (gold.text.length > MAX_ANSWER || pred.text.length > MAX_ANSWER) return null;
  const choice = choiceOf(gold.text, true);
  if (choice !== null && choice === choiceOf(pred.text, false)) return true;
  const [golds, preds] = [readings(gold), readings(pred)];
  let verdict: boolean | null = golds.tooLarge || preds.tooLarge ? null : false;
  for (const a of golds.found) {
    for (const b of preds.found) {
      if (unitsConflict(a.unit, b.unit)) continue;
      const equal = await compareAnswers(a.expr, b.expr, { strict, engine });
      if (equal) return true;
      if (equal === null) verdict = null;
    }
  }
  return verdict;
}

/** What an answer may mean: `1,234` is a number or a list; in prose `0,5` is a list or a decimal. None: not mathematics. */
function readings({ text, plain }: Answer): { found: ParsedAnswer[]; tooLarge: boolean } {
  const found: ParsedAnswer[] = [];
  let tooLarge = false;
  const read = (source: string, thousands: boolean) => {
    try {
      found.push(parseAnswer(source, thousands));
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      tooLarge ||= error.tooLarge;
    }
  };
  read(text, true);
  if (/\d,\d{3}/.test(text)) read(text, false);
  if (plain && /^[-+]?\d+,\d+$/.test(text) && !/^[-+]?[1-9]\d{0,2},\d{3}$/.test(text))
    read(text.replace(',', '.'), false);
  return { found, tooLarge };
}

/** Spelling of an answer without what never changes its meaning; words without capitals. */
function asText(text: string): string {
  const bare = text
    .replace(/\\(?:text|mbox|textbf|textit|textrm|textnormal|mathrm|operatorname)\s?\{([^{}]*)\}/g, '$1')
    .replace(/(?<![A-Za-z0-9]) | (?![A-Za-z0-9])/g, '')
    .replace(/[.?]$/, '')
    .replace(/^([A-Za-z][A-Za-z' -]+)!$/, '$1'); // behind a number or a variable it is a factorial
  return /^[A-Za-z][a-z' -]+$|^[A-Z' -]{3,}$/.test(bare) ? bare.toLowerCase() : bare;
}

/** The letter of a multiple choice: `(B)`, `\textbf{(B)}\ 5`, `B. five`. A reference is a choice only if it says nothing else. */
function choiceOf(text: string, alone: boolean): string | null {
  const bare = text.replace(/\\(?:text|mbox|textbf|textit|textrm|textnormal|mathrm)\s?\{([^{}]*)\}/g, '$1').trim();
  const named = new Set(Array.from(bare.matchAll(/\(([A-Ja-j])\)/g), ([, letter]) => letter!.toUpperCase()));
  if (named.size > 1) return null;
  const found = alone
    ? /^\(?([A-J])\)?[.:]?$/.exec(bare)
    : /^\(([A-Ja-j])\)|^([A-J])[).:](?=\s|$)|^\(?([A-J])\)?$/.exec(bare);
  return (
    found
      ?.slice(1)
      .find((letter) => letter !== undefined)
      ?.toUpperCase() ?? null
  );
}
