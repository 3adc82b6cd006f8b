import { boxedAnswer } from './boxed.js';
import { lastMathGroup, type MathGroup, mathGroups } from './segments.js';
import { isUnitWord } from './units.js';

export interface Extracted {
  /** The answer as it stands in the text, delimiters taken off. */
  text: string;
  /** It stood in plain prose, where `0,5` may be a decimal comma. */
  plain: boolean;
}

export interface ExtractedAnswer extends Extracted {
  /** The text says that this is its answer: it is boxed, after `####`, or after "answer is" or "answer:". */
  marked: boolean;
}

/** More text than this is read from its end: the answer is the last thing said. */
const MAX_LENGTH = 200_000;
/** LaTeX commands, with the content of those that hold names or words. */
const TEX_WORDS = /\\(?:(?:begin|end|text[a-z]*|mbox|mathrm|operatorname)\s?\{[^{}]*\}|[A-Za-z]+)/g;
/** Markers tried from the last backwards, and the longest sentence read after one. */
const MAX_MARKERS = 4;
const MAX_SENTENCE = 4000;
const TURN_ENDS = ['<|im_end|>', '<|endoftext|>', '<|eot_id|>', '<|im_start|>', '<|end_of_text|>', '</s>'];
/** `**42**` in Markdown; the two stars of a power stand after their base or apart from their exponent. */
const BOLD = /(?<![\w)}\]*])\*\*(?=[^\s*])([^*\n]{1,200}?)(?<=\S)\*\*(?![\w*])/g;
const MARKER =
  /(?:final\s+answer|answer)(?:\s+(?:is|are|to the (?:problem|question) is))?\s*[:=]?\s*(?:is\b|are\b)?\s*:?/gi;
const ROUGHLY = /^(?:approximately|about|around|exactly|roughly|nearly|simply|just|equal to)\s+/i;
const BOUND = /^(?:less|more|fewer|greater|larger|smaller|at (?:least|most)|under|over|below|above|between|not)\s/i;
const NUMBER = String.raw`[-+−]?\s?(?:\d{1,3}(?:,(?:\\!\s?)?\d{3})+(?!\d)|\d+)?(?:\.\d+|\d|,\d+)(?:[eE][+-]?\d+)?(?:\s?/\s?\d+)?(?:\s?(?:\\?%|percent\b|pct\b))?`;

/**
 * Find the answer in a response or in a reference solution. In this order: the last `\boxed{…}` or `\fbox{…}` (with those that
 * stand beside it, as a list); the rest of the last line after `####`; what follows the last "answer is" or "answer:"; the whole
 * text when it is an answer and nothing else; the last mathematics between dollars or brackets; the last number.
 *
 * @returns null when the text holds nothing that could be an answer.
 */
export function extractAnswer(response: string): ExtractedAnswer | null {
  const text = finalPart(response.length > MAX_LENGTH ? response.slice(-MAX_LENGTH) : response).replace(BOLD, '$1');
  const marked = markedAnswer(text);
  if (marked) return { ...marked, marked: true };
  const unmarked = fromFragment(text, true);
  return unmarked && { ...unmarked, marked: false };
}

function markedAnswer(text: string): Extracted | null {
  const boxed = boxedAnswer(text);
  if (boxed !== null) return { text: boxed, plain: false };
  const hashes = text.lastIndexOf('####');
  if (hashes >= 0) return plainOrNull(text.slice(hashes + 4).split('\n', 1)[0]!);
  return afterMarker(text);
}

/** What is said after the last thought, before the turn ends. */
function finalPart(text: string): string {
  const thought = text.lastIndexOf('</think>');
  const rest = thought >= 0 ? text.slice(thought + '</think>'.length) : text;
  const spoken = rest.trim() === '' ? text : rest;
  const ends = TURN_ENDS.map((mark) => spoken.indexOf(mark)).filter((at) => at > 0);
  return ends.length > 0 ? spoken.slice(0, Math.min(...ends)) : spoken;
}

function plainOrNull(text: string): Extracted | null {
  const answer = text.trim();
  return answer === '' ? null : { text: answer, plain: true };
}

/** "answer is" and "answer:" first, the last one that an answer follows; then a bare "answer" right before mathematics. */
function afterMarker(text: string): Extracted | null {
  const markers = [...text.matchAll(MARKER)].map((found) => ({
    says: /(?:is|are|[:=])\s*$/i.test(found[0]),
    after: text.slice(found.index + found[0].length),
  }));
  const said = markers.filter((marker) => marker.says).slice(-MAX_MARKERS);
  const bare = markers.filter((marker) => !marker.says && /^\s*(?:\$|\\[([]|[-+(]?\d)/.test(marker.after)).slice(-1);
  for (const { after } of [...bare, ...said].reverse()) {
    const answer = fromFragment(firstSentence(after), false);
    if (answer) return answer;
  }
  return null;
}

/** Up to the end of the sentence or line; a full stop within a number or within mathematics ends nothing. */
function firstSentence(text: string): string {
  const body = text.slice(0, MAX_SENTENCE).replace(/^[\s*:"“}]+/, '');
  const groups = mathGroups(body);
  const end = /\.(?=\s|$|\*|")|\n/g;
  for (let stop = end.exec(body); stop; stop = end.exec(body)) {
    const { index } = stop;
    if (index > 0 && !groups.some((group) => group.start <= index && index < group.end)) return body.slice(0, index);
  }
  return body;
}

const ASIDE = /,?\s(?:not|instead of|rather than|because|since|which)\s.*/s;
const cutAside = (sentence: string) => sentence.replace(ASIDE, '');

/** A whole response up to its last sentence with a number or formula in it, which says the answer, without its aside. */
function withoutAsides(text: string): string {
  const starts = [0, ...Array.from(text.matchAll(/[.!?]\s+|\n+/g), ({ index, 0: mark }) => index + mark.length)];
  for (let i = starts.length - 1; i >= 0; i--) {
    const sentence = text.slice(starts[i], starts[i + 1]);
    if (/[\d$\\=]/.test(sentence)) return text.slice(0, starts[i]) + cutAside(sentence);
  }
  return cutAside(text);
}

/** The answer within a sentence (or a whole response, `whole`): mathematics at its end, else what follows "is", else a number. */
function fromFragment(fragment: string, whole: boolean): Extracted | null {
  const text = (whole ? withoutAsides(fragment) : cutAside(fragment)).trim().replace(ROUGHLY, '');
  if (!whole && BOUND.test(text)) return { text, plain: true }; // `less than 5` is not 5
  if (text === '') return null;
  const group = lastMathGroup(text);
  const tail = group ? text.slice(group.end) : text;
  const outside = group && /\d/.test(tail) ? afterVerb(tail) : null;
  if (outside) return outside;
  if (group) return withUnit(group, text);
  const choice = /^\(?([A-Ja-j])\)(?=\s|$|[.:,])|^([A-J])(?:[.:)](?=\s|$)|$)/.exec(text);
  if (choice && !whole) return { text: choice[1] ?? choice[2]!, plain: true };
  if (!isProse(text)) return { text, plain: true };
  return afterVerb(text) ?? lastNumber(text) ?? (whole ? null : { text, plain: true }) ?? { text, plain: true };
}

/** `$125$ miles`, `$\boxed{28}$ pct`: a word or two after the mathematics belong to it. */
function withUnit(group: MathGroup, text: string): Extracted {
  const unit = /^\s*((?:\\?%|[A-Za-z]+)(?:\s[A-Za-z]+)?)[\s.]*$/.exec(text.slice(group.end))?.[1];
  const isNumber = /\d\s*\}*\s*$/.test(group.text);
  if (!unit || !isNumber) return { text: group.text, plain: false };
  return { text: `${group.text} ${/^(?:\\?%|percent|pct)/.test(unit) ? '%' : `\\text{${unit}}`}`, plain: false };
}

const NAMES_OF_MATHEMATICS = /^(?:and|or|(?:arc|a)?(?:sin|cos|tan|cot|sec|csc)h?|ln|log|exp|sqrt|pi|np|math|percent)$/i;

/** Prose rather than an answer: a sentence, or a number among words that are neither units nor functions. */
function isProse(text: string): boolean {
  if (text.length > 400) return true;
  const words = text.replace(TEX_WORDS, ' ').match(/[A-Za-z]{2,}/g) ?? [];
  const others = words.filter((word) => !isUnitWord(word) && !NAMES_OF_MATHEMATICS.test(word));
  if (others.length > 4) return true;
  const long = others.filter((word) => /^(?:[A-Z][a-z]{2,}|[a-z]{3,})$/.test(word));
  if (/\d/.test(text) && (long.length > 1 || /^[A-Z][a-z]*\s[a-z]{3,}\s/.test(text))) return true;
  return others.length > 1 && /\b(?:is|are|was|the|of|so|we|that|then|there|thus|therefore)\b/i.test(text);
}

/** What follows the last "is", "are", "=" or ":" of a sentence, when it is a number or a formula. */
function afterVerb(text: string): Extracted | null {
  const verb =
    /^.*(?:\b(?:is|are|be|equals?|was|gets?|costs?|to|approximately|about|that|therefore|thus|so)\b|[=:≈])\s*/is.exec(
      text,
    );
  if (!verb) return null;
  const rest = text.slice(verb[0].length).replace(/^(?:approximately|about|exactly|equal to)\s+/i, '');
  const clean = rest.replace(/[\s.]+$/, '');
  if (clean !== '' && !isProse(clean) && /[\d\\(]|^[A-Za-z]$/.test(clean) && clean.length < 200)
    return { text: withUnitMarked(clean), plain: true };
  return lastNumber(rest);
}

const NUMBER_AND_WORDS = new RegExp(`^(\\$?${NUMBER})\\s+([A-Za-z]+(?:[ /-][A-Za-z]+){0,5})$`);
const SMALL_WORDS = new Set(['a', 'an', 'of', 'in', 'on', 'at', 'by', 'to', 'or', 'is', 'it']);

/** `7 DVDs`, `8 miles per hour`: words right behind a number are its unit, not a product of letters. */
function withUnitMarked(text: string): string {
  const [, number, unit] = NUMBER_AND_WORDS.exec(text) ?? [];
  const words = unit?.split(/[ /-]/) ?? [];
  const isUnit =
    words.length > 0 &&
    words.every((word) => isUnitWord(word) || /^[A-Z]{2,}s?$|^[A-Za-z]{3,}$/.test(word) || SMALL_WORDS.has(word)) &&
    !words.some((word) => NAMES_OF_MATHEMATICS.test(word));
  return isUnit ? `${number} \\text{${unit}}` : text;
}

function lastNumber(text: string): Extracted | null {
  const found = text.slice(-20_000).match(new RegExp(NUMBER, 'g'))?.at(-1);
  return found === undefined ? null : { text: found.trim(), plain: true };
}
