import { isUnitWord } from './units.js';

export type Token =
  /** A numeral; commas between groups of three digits are part of it where `thousands` allows. */
  | { type: 'number'; text: string; spaced: boolean }
  /** A variable of one letter, a Greek letter or a decorated letter. */
  | { type: 'letter'; text: string; spaced: boolean }
  /** A run of letters that is no known function: taken as one name. */
  | { type: 'word'; text: string; spaced: boolean }
  | { type: 'function'; text: string; spaced: boolean }
  /** `\text{…}` and its kin, or a unit word. */
  | { type: 'text'; text: string; spaced: boolean }
  | { type: 'set'; text: string; spaced: boolean }
  | { type: 'begin' | 'end'; text: string; spaced: boolean }
  /** Operators, brackets, separators, and commands that take arguments (`frac`, `sqrt`, …). */
  | { type: 'op'; text: string; spaced: boolean };

/** An answer that cannot be read as mathematics; it is then compared as text. */
export class ParseError extends Error {
  /** It was given up for its size alone: nothing is known about it. */
  readonly tooLarge: boolean;

  constructor(message: string, tooLarge = false) {
    super(message);
    this.tooLarge = tooLarge;
  }
}

/** Longer answers are compared as text only. */
const MAX_TOKENS = 1500;

const FUNCTIONS = new Map<string, string>(
  Object.entries({
    sin: 'sin',
    cos: 'cos',
    tan: 'tan',
    tg: 'tan',
    cot: 'cot',
    ctg: 'cot',
    sec: 'sec',
    csc: 'csc',
    cosec: 'csc',
    arcsin: 'asin',
    arccos: 'acos',
    arctan: 'atan',
    arctg: 'atan',
    arccot: 'acot',
    arcsec: 'asec',
    arccsc: 'acsc',
    asin: 'asin',
    acos: 'acos',
    atan: 'atan',
    sinh: 'sinh',
    cosh: 'cosh',
    tanh: 'tanh',
    arcsinh: 'asinh',
    arccosh: 'acosh',
    arctanh: 'atanh',
    asinh: 'asinh',
    acosh: 'acosh',
    atanh: 'atanh',
    exp: 'exp',
    ln: 'ln',
    log: 'log',
    lg: 'lg',
    abs: 'abs',
    floor: 'floor',
    ceil: 'ceil',
    sqrt: 'sqrt',
    cbrt: 'cbrt',
    min: 'min',
    max: 'max',
    gcd: 'gcd',
    lcm: 'lcm',
    sgn: 'sign',
    Re: 're',
    Im: 'im',
  }),
);

/** Commands that mean a symbol used elsewhere under another spelling. */
const OPERATORS = new Map<string, string>(
  Object.entries({
    times: '*',
    cdot: '*',
    ast: '*',
    star: '*',
    div: '/',
    pm: 'pm',
    mp: 'mp',
    le: '<=',
    leq: '<=',
    leqslant: '<=',
    lt: '<',
    ge: '>=',
    geq: '>=',
    geqslant: '>=',
    gt: '>',
    ne: '!=',
    neq: '!=',
    approx: '~',
    simeq: '~',
    sim: '~',
    cong: '~',
    doteq: '~',
    equiv: 'equiv',
    in: 'in',
    notin: 'notin',
    cup: 'union',
    bigcup: 'union',
    cap: 'intersection',
    bigcap: 'intersection',
    setminus: 'minus',
    backslash: 'minus',
    mid: '|',
    vert: '|',
    lvert: '|',
    rvert: '|',
    colon: ':',
    land: 'and',
    wedge: 'and',
    lor: 'or',
    vee: 'or',
    langle: '(',
    rangle: ')',
    lbrace: '\\{',
    rbrace: '\\}',
    lbrack: '[',
    rbrack: ']',
    lparen: '(',
    rparen: ')',
    infty: 'infinity',
    emptyset: 'empty',
    varnothing: 'empty',
    percent: '%',
    prime: "'",
    frac: 'frac',
    binom: 'binom',
    overline: 'overline',
    bar: 'overline',
    lfloor: 'lfloor',
    rfloor: 'rfloor',
    lceil: 'lceil',
    rceil: 'rceil',
    circ: 'degrees',
    degree: 'degrees',
    pmod: 'mod',
    bmod: 'mod',
    mod: 'mod',
    lnot: 'not',
    not: 'not',
    ldots: 'dots',
    dots: 'dots',
    cdots: 'dots',
    dotsc: 'dots',
    choose: 'choose',
    over: 'over',
    vec: 'accent',
    hat: 'accent',
    tilde: 'accent',
    dot: 'accent',
    ddot: 'accent',
    widehat: 'accent',
    overrightarrow: 'accent',
    boxed: 'group',
    fbox: 'group',
    angle: 'skip',
    triangle: 'skip',
    measuredangle: 'skip',
  }),
);

const TEXT_COMMANDS = new Set([
  'text',
  'mbox',
  'textbf',
  'textit',
  'textrm',
  'textnormal',
  'mathrm',
  'rm',
  'operatorname',
  'textsf',
  'texttt',
  'hbox',
  'emph',
]);
const RELATIONS: readonly string[] = ['<=', '>=', '!=', '==', ':=', '=<'];

/** Split a normalised answer into tokens. `thousands`: read `1,234` as one numeral instead of two. */
export function tokenize(text: string, thousands: boolean): Token[] {
  return new Lexer(text, thousands).run();
}

class Lexer {
  private at = 0;
  private spaced = false;
  private readonly tokens: Token[] = [];

  constructor(
    private readonly source: string,
    private readonly thousands: boolean,
  ) {}

  run(): Token[] {
    while (this.at < this.source.length) {
      if (this.source[this.at] === ' ') {
        this.spaced = true;
        this.at++;
        continue;
      }
      if (!(this.number() || this.letters() || this.command())) this.symbol();
      if (this.tokens.length > MAX_TOKENS) throw new ParseError('too long', true);
    }
    return this.tokens;
  }

  private push(type: Token['type'], text: string): true {
    this.tokens.push({ type, text, spaced: this.spaced } as Token);
    this.spaced = false;
    return true;
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (!found) return null;
    this.at = pattern.lastIndex;
    return found[0];
  }

  private number(): boolean {
    const grouped = this.thousands ? this.match(/[1-9]\d{0,2}(?:,\d{3})+(?!\d)(?:\.\d*)?/y) : null;
    const plain = grouped ?? this.match(/\d+(?:\.(?!\.)\d*)?|\.\d+/y);
    if (plain === null) return false;
    const exponent = this.match(/[eE][+-]?\d+(?![\d.]|[a-zA-Z(])/y) ?? '';
    return this.push('number', plain.replace(/,/g, '') + exponent);
  }

  private letters(): boolean {
    const run = this.match(/[A-Za-z]+/y);
    return run !== null && this.name(run);
  }

  /** A run of letters: a function, a separating word, a unit, up to three variables side by side, or one opaque name. */
  private name(run: string): true {
    const lower = run.toLowerCase();
    if (FUNCTIONS.has(run)) return this.push('function', FUNCTIONS.get(run)!);
    if (lower === 'and' || lower === 'or') return this.push('op', lower);
    if (lower === 'percent' || lower === 'pct' || lower === 'percentage') return this.push('op', '%');
    if (run === 'pi') return this.push('letter', 'pi');
    if (lower === 'inf' || lower === 'infinity' || run === 'oo') return this.push('op', 'infinity');
    const glued = /^(and|or)(?=[A-Z]|$)/.exec(run)?.[0];
    if (glued && this.tokens.length > 0 && !this.spaced)
      return this.push('op', glued) && this.name(run.slice(glued.length));
    const applied = /^(sin|cos|tan|cot|ln|log|sqrt)(?=[a-zA-Z]$)/.exec(run)?.[0];
    if (applied) return this.push('function', applied) && this.push('letter', run.slice(applied.length));
    if (isUnitWord(run) && this.followsValue()) return this.push('text', run);
    if (run.length > 3) return this.push('word', run);
    for (const letter of run) this.push('letter', letter);
    return true;
  }

  /** Does the last token end a value, so that a unit may follow? */
  private followsValue(): boolean {
    const last = this.tokens.at(-1);
    return (
      last !== undefined &&
      (last.type === 'number' || last.type === 'text' || ['}', ')', '{', '/', '%', '*'].includes(last.text))
    );
  }

  private command(): boolean {
    if (this.source[this.at] !== '\\') return false;
    const name = this.match(/\\[A-Za-z]+/y)?.slice(1);
    if (name === undefined) return this.escaped();
    if (name === 'begin' || name === 'end') return this.push(name, this.group() ?? '');
    if (name === 'mathbb' || name === 'Bbb')
      return this.push('set', (this.group() ?? this.match(/ ?[A-Z]/y) ?? '').trim());
    if (TEXT_COMMANDS.has(name)) return this.text(name, this.group() ?? '');
    if (FUNCTIONS.has(name)) return this.push('function', FUNCTIONS.get(name)!);
    const operator = OPERATORS.get(name);
    if (operator === 'skip') return true;
    if (operator === 'not' && this.match(/\s?(?:=|\\in(?![a-z]))/y)?.includes('in')) return this.push('op', 'notin');
    if (operator === 'not') return this.push('op', '!=');
    if (operator !== undefined) return this.push('op', operator);
    if (name === 'AA') return this.push('text', 'angstrom');
    return this.push('letter', name.replace(/^var(?=[a-z])/, ''));
  }

  /** `\{`, `\}`, `\|` and the row break `\\`, whose optional space `[2pt]` is left out. */
  private escaped(): true {
    const two = this.source.slice(this.at, this.at + 2);
    this.at += 2;
    if (two === '\\\\') this.match(/\[-?\d*\.?\d*(?:pt|ex|em|mm|cm)\]/y);
    return this.push('op', two === '\\|' ? '|' : two);
  }

  /** The content of a braced group that starts here (after a space at most), braces taken off; null when there is none. */
  private group(): string | null {
    const open = this.source[this.at] === ' ' ? this.at + 1 : this.at;
    if (this.source[open] !== '{') return null;
    for (let i = open, depth = 0; i < this.source.length; i++) {
      if (this.source[i] === '{') depth++;
      if (this.source[i] === '}' && --depth === 0) {
        this.at = i + 1;
        return this.source.slice(open + 1, i);
      }
    }
    this.at = this.source.length;
    return this.source.slice(open + 1);
  }

  private text(command: string, content: string): true {
    const word = content.trim();
    if (word === '') return true;
    const lower = word.toLowerCase().replace(/[,.]/g, '').trim();
    if (lower === 'and' || lower === 'or') return this.push('op', lower);
    if (lower === '') return this.push('op', ',');
    const mathematical = command === 'mathrm' || command === 'operatorname' || command === 'rm';
    if (FUNCTIONS.has(word)) return this.push('function', FUNCTIONS.get(word)!);
    if (mathematical && /^[deiR]$/.test(word)) return this.push('letter', word);
    return this.push('text', word);
  }

  private symbol(): void {
    const two = this.source.slice(this.at, this.at + 2);
    if (RELATIONS.includes(two)) {
      this.at += 2;
      this.push('op', two === '==' || two === ':=' ? '=' : two === '=<' ? '<=' : two);
      return;
    }
    const dots = this.match(/\.{2,}/y);
    if (dots) {
      this.push('op', 'dots');
      return;
    }
    const char = this.source[this.at++]!;
    if (!'+-*/^_!\',;:|&=<>()[]{}%"'.includes(char)) throw new ParseError(`unexpected character ${char}`);
    this.push('op', char === '"' ? "'" : char);
  }
}
