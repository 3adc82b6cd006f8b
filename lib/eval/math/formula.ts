import { TokenCursor } from './cursor.js';
import type { Expr, FunctionName } from './expr.js';
import { integer } from './expr.js';
import { call, decorate, isMinusOne, isProper, letter, namedSet, numeral, repeating, times } from './leaves.js';
import { ParseError } from './lexer.js';

const MATRICES = /^(?:[pbvBV]?matrix|smallmatrix|array)\*?$/;
const BASE_NAMES: Readonly<Record<string, number>> = {
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
};

/** Recursive descent over sums, products, powers and atoms. Brackets and lists belong to the answer parser. */
export abstract class FormulaParser extends TokenCursor {
  protected abstract relation(): Expr;
  protected abstract bracketed(open: string): Expr;

  protected formula(): Expr {
    let sum = this.signedTerm();
    for (;;) {
      const op = this.opAhead();
      if (op === '+' || op === '-') {
        this.next();
        const term = this.product();
        const terms = sum.kind === 'add' ? sum.terms : [sum];
        sum = { kind: 'add', terms: [...terms, op === '-' ? { kind: 'negate', arg: term } : term] };
      } else if (op === 'pm' || op === 'mp') {
        this.next();
        sum = { kind: 'plusMinus', left: sum, right: this.product(), mirrored: op === 'mp' };
      } else if (op === 'over' || op === 'choose') {
        this.next();
        const below = this.formula();
        return op === 'over'
          ? { kind: 'divide', num: sum, den: below }
          : { kind: 'call', name: 'binomial', args: [sum, below] };
      } else if (op === 'mod') {
        this.next();
        sum = { kind: 'list', open: '(', close: ')', items: [sum, this.product()] };
      } else return sum;
    }
  }

  private signedTerm(): Expr {
    const op = this.opAhead();
    if (op === 'pm' || op === 'mp') {
      this.next();
      return { kind: 'plusMinus', left: null, right: this.product(), mirrored: op === 'mp' };
    }
    return this.product();
  }

  private product(): Expr {
    let left = this.signed();
    for (;;) {
      const op = this.opAhead();
      if (op === '*' || op === '/') {
        this.next();
        const right = this.signed();
        left = op === '/' ? { kind: 'divide', num: left, den: right } : times(left, right, 'operator');
      } else if (this.startsFactor()) {
        // `2 \quad 3` is two answers, not their product.
        if (this.peek()!.type === 'number' && endsInNumeral(left)) throw new ParseError('two numbers side by side');
        const applied = left.kind === 'symbol' && this.opAhead() === '(';
        left = times(left, this.power(), applied ? 'applied' : 'juxtaposed');
      } else return left;
    }
  }

  private signed(): Expr {
    const op = this.opAhead();
    if (op !== '-' && op !== '+') return this.power();
    this.next();
    const arg = this.nested(() => this.signed(), this.barCloses);
    return op === '-' ? { kind: 'negate', arg } : arg;
  }

  private startsFactor(): boolean {
    const token = this.peek();
    if (!token || token.type === 'end') return false;
    if (token.type !== 'op') return true;
    if (token.text === '|') return !this.barCloses;
    if (token.text === '[') return !this.squareCloses;
    return [
      '(',
      '[',
      '{',
      '\\{',
      'frac',
      'binom',
      'overline',
      'lfloor',
      'lceil',
      'infinity',
      'accent',
      'group',
      'empty',
    ].includes(token.text);
  }

  private power(): Expr {
    const base = this.postfix(this.atom());
    if (this.opAhead() !== '^') return base;
    this.next();
    if (this.opAhead() === 'degrees' || (this.opAhead() === '{' && this.peek(1)?.text === 'degrees'))
      return this.degrees(base);
    if (this.opAhead() === "'" || (this.opAhead() === '{' && this.peek(1)?.text === "'")) return this.primed(base);
    const exponent = this.nested(() => this.exponent(), this.barCloses);
    return this.postfix({ kind: 'power', base, exponent });
  }

  /** Without braces LaTeX takes one token; plain text such as `x^10` or `e^-t` means the signed atom. */
  private exponent(): Expr {
    const op = this.opAhead();
    if (op !== '-' && op !== '+') return this.power();
    this.next();
    return op === '-' ? { kind: 'negate', arg: this.power() } : this.power();
  }

  private degrees(base: Expr): Expr {
    const braced = this.next().text === '{';
    if (braced) {
      this.next();
      this.expect('}');
    }
    return { kind: 'degrees', arg: base };
  }

  private primed(base: Expr): Expr {
    const braced = this.opAhead() === '{' && this.next() !== undefined;
    let marks = '';
    while (this.opAhead() === "'") marks += this.next().text;
    if (braced) this.expect('}');
    return decorate(base, marks);
  }

  private postfix(base: Expr): Expr {
    for (let expr = base; ; ) {
      const op = this.opAhead();
      if (op === '!' && this.peek(1)?.text === '!') throw new ParseError('double factorial');
      if (op === '!') expr = { kind: 'call', name: 'factorial', args: [expr] };
      else if (op === '%') expr = { kind: 'percent', arg: expr };
      else if (op === 'degrees') expr = { kind: 'degrees', arg: expr };
      else if (op === "'") expr = decorate(expr, "'");
      else if (op === 'dots' && expr.kind === 'number') expr = { ...expr };
      else if (op === '_') {
        this.next();
        expr = this.subscript(expr);
        continue;
      } else return expr;
      this.next();
    }
  }

  /** `x_1`, `C_{12}`; on a numeral the base it is written in. */
  private subscript(base: Expr): Expr {
    const label = this.rawArgument();
    if (base.kind !== 'number') return decorate(base, `_${label}`);
    const radix = BASE_NAMES[label.toLowerCase()] ?? Number(label);
    if (!(radix >= 2 && radix <= 36) || !/^\d+$/.test(base.text)) throw new ParseError('not a base');
    return { kind: 'based', digits: base.text, base: radix };
  }

  /** The next braced group or token, as the text of its tokens. */
  private rawArgument(): string {
    if (this.opAhead() !== '{') return this.next().text;
    let label = '';
    for (let depth = 0; ; ) {
      const token = this.next();
      if (token.type === 'op' && token.text === '{') depth++;
      else if (token.type === 'op' && token.text === '}') depth--;
      else label += token.text;
      if (depth === 0) return label;
    }
  }

  private atom(): Expr {
    const token = this.next();
    switch (token.type) {
      case 'number':
        return this.number(token.text);
      case 'letter':
        return letter(token.text);
      case 'word':
        return { kind: 'symbol', name: token.text };
      case 'text':
        return { kind: 'text', text: token.text };
      case 'function':
        return this.functionCall(token.text);
      case 'set':
        return namedSet(token.text);
      case 'begin':
        return this.environment(token.text);
      case 'end':
        throw new ParseError('unexpected end of an environment');
      default:
        return this.operatorAtom(token.text);
    }
  }

  private operatorAtom(op: string): Expr {
    switch (op) {
      case '(':
      case '[':
      case '{':
      case '\\{':
      case ']':
        return this.bracketed(op);
      case '|':
        return this.enclosed('abs', '|');
      case 'lfloor':
        return this.enclosed('floor', 'rfloor');
      case 'lceil':
        return this.enclosed('ceil', 'rceil');
      case 'infinity':
        return { kind: 'infinity' };
      case 'empty':
        return { kind: 'namedSet', name: 'empty' };
      case 'group':
        return this.argument();
      case 'frac':
        return { kind: 'divide', num: this.argument(), den: this.argument() };
      case 'binom':
        return { kind: 'call', name: 'binomial', args: [this.argument(), this.argument()] };
      case 'accent':
        return decorate(this.argument(), '^');
      case 'overline':
        return decorate(this.argument(), '-');
      default:
        throw new ParseError(`unexpected ${op}`);
    }
  }

  private enclosed(name: FunctionName, close: string): Expr {
    const inner = this.nested(() => this.formula(), close === '|');
    this.expect(close);
    return { kind: 'call', name, args: [inner] };
  }

  /** A LaTeX argument: a braced group, or one token, of which a numeral gives only its first digit (`\frac12`). */
  private argument(): Expr {
    const token = this.peek();
    if (token?.type !== 'number' || token.text.length === 1) return this.nested(() => this.atom(), false);
    const [first, rest] = [token.text[0]!, token.text.slice(1)];
    if (!/\d/.test(first)) throw new ParseError('numeral as argument');
    this.tokens[this.at] = { ...token, text: rest, spaced: false };
    return numeral(first);
  }

  /** A numeral, with a repeating part (`0.1\overline{6}`, `0.(3)`) or the fraction of a mixed number after it. */
  private number(text: string): Expr {
    const next = this.peek();
    if (
      text.includes('.') &&
      next?.type === 'op' &&
      !next.spaced &&
      (next.text === 'overline' || next.text === 'accent' || next.text === '(')
    ) {
      const repeated = this.repeatedDigits();
      if (repeated !== null) return repeating(text, repeated);
    }
    const whole = numeral(text);
    const fraction = /^\d+$/.test(text) ? this.mixedFraction() : null;
    return fraction ? { kind: 'add', terms: [whole, fraction] } : whole;
  }

  private repeatedDigits(): string | null {
    const braced =
      this.peek()!.text === '('
        ? this.tokens.slice(this.at + 1, this.at + 3)
        : this.tokens.slice(this.at + 2, this.at + 4);
    const [digits, close] = braced;
    if (digits?.type !== 'number' || !/^\d+$/.test(digits.text) || (close?.text !== ')' && close?.text !== '}'))
      return null;
    this.at += close.text === ')' ? 3 : 4;
    return digits.text;
  }

  /** `\frac{1}{2}` or ` 1/2` after a whole number, if it is a proper fraction. */
  private mixedFraction(): Expr | null {
    const start = this.at;
    const ahead = this.peek();
    let fraction: Expr | null = null;
    if (ahead?.type === 'op' && ahead.text === 'frac') fraction = this.nested(() => this.atom(), false);
    else if (
      ahead?.type === 'number' &&
      ahead.spaced &&
      this.peek(1)?.text === '/' &&
      this.peek(2)?.type === 'number'
    ) {
      const [num, , den] = [this.next(), this.next(), this.next()];
      fraction = { kind: 'divide', num: numeral(num.text), den: numeral(den.text) };
    }
    if (fraction?.kind === 'divide' && isProper(fraction.num, fraction.den)) return fraction;
    this.at = start;
    return null;
  }

  private functionCall(name: string): Expr {
    if (name === 'sqrt') return this.radical();
    if (name === 'cbrt') return { kind: 'call', name: 'root', args: [this.functionArgument(), integer(3)] };
    let base: Expr | null = name === 'lg' ? integer(10) : null;
    let exponent: Expr | null = null;
    for (let op = this.opAhead(); op === '_' || op === '^'; op = this.opAhead()) {
      this.next();
      const script = this.nested(() => (op === '_' ? this.argument() : this.exponent()), false);
      if (op === '_') base = script;
      else exponent = script;
    }
    const arg = this.functionArgument();
    if (exponent && isMinusOne(exponent) && /^(?:sin|cos|tan|cot|sec|csc|sinh|cosh|tanh)$/.test(name))
      return call(`a${name}`, arg, null);
    const value = call(name === 'lg' ? 'log' : name, arg, base);
    return exponent ? { kind: 'power', base: value, exponent } : value;
  }

  private radical(): Expr {
    let index: Expr = integer(2);
    if (this.opAhead() === '[') {
      this.next();
      index = this.nested(() => this.formula(), false);
      this.expect(']');
    }
    const radicand =
      this.peek()?.type === 'op'
        ? this.nested(() => this.atom(), false)
        : this.nested(() => this.radicandToken(), false);
    return { kind: 'call', name: 'root', args: [radicand, index] };
  }

  /** `\sqrt3` and the plain `√10`: the whole numeral, as people mean it. */
  private radicandToken(): Expr {
    return this.peek()?.type === 'number' ? numeral(this.next().text) : this.atom();
  }

  /** A bracketed argument, or factors side by side up to the next operator or function: `\sin 2x \cos y`. */
  private functionArgument(): Expr {
    const ahead = this.opAhead();
    if (ahead === '(' || ahead === '{' || ahead === '[') return this.nested(() => this.atom(), false);
    return this.nested(() => {
      let arg = this.opAhead() === '-' ? this.signed() : this.power();
      while (
        this.startsFactor() &&
        this.peek()?.type !== 'function' &&
        this.peek()?.type !== 'text' &&
        this.opAhead() !== '('
      ) {
        arg = times(arg, this.power(), 'juxtaposed');
      }
      return this.opAhead() === '/' && this.peek(1)?.type === 'number' ? this.quotient(arg) : arg;
    }, this.barCloses);
  }

  /** `\sin \pi/3` means the sine of a third of π. */
  private quotient(num: Expr): Expr {
    this.next();
    return { kind: 'divide', num, den: this.power() };
  }

  /** A matrix, or the rows of `cases` and `aligned` as a list. */
  private environment(name: string): Expr {
    if (name === 'array' && this.opAhead() === '{') this.rawArgument();
    const isMatrix = MATRICES.test(name);
    if (!isMatrix) this.dropAlignment();
    const rows: Expr[][] = [[]];
    this.nested(() => {
      while (this.peek()?.type !== 'end') {
        if (this.opAhead() === '&') this.next();
        else if (this.opAhead() === '\\\\') {
          this.next();
          rows.push([]);
        } else rows.at(-1)!.push(isMatrix ? this.formula() : this.row());
      }
      this.next();
    }, false);
    const filled = rows.filter((row) => row.length > 0);
    if (filled.length === 0) throw new ParseError('empty environment');
    if (!isMatrix) return { kind: 'list', open: '', close: '', items: filled.flat() };
    const matrix: Expr = { kind: 'matrix', rows: filled };
    return /^v/.test(name) ? { kind: 'call', name: 'abs', args: [matrix] } : matrix;
  }

  /** The `&` of `cases` and `aligned` only place their columns. */
  private dropAlignment(): void {
    const end = this.tokens.findIndex((token, i) => i >= this.at && token.type === 'end');
    const kept = this.tokens.slice(this.at, end < 0 ? undefined : end).filter((token) => token.text !== '&');
    this.tokens.splice(this.at, end < 0 ? this.tokens.length : end - this.at, ...kept);
  }

  private row(): Expr {
    const item = this.relation();
    while (this.opAhead() === ',' || this.opAhead() === ';') this.next();
    return item;
  }
}

function endsInNumeral(expr: Expr): boolean {
  if (expr.kind === 'number') return true;
  if (expr.kind === 'negate') return endsInNumeral(expr.arg);
  return expr.kind === 'multiply' && endsInNumeral(expr.factors.at(-1)!);
}
