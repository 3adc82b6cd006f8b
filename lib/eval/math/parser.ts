import type { CloseBracket, Expr, OpenBracket, RelationOp, SetOp } from './expr.js';
import { FormulaParser } from './formula.js';
import { ParseError, type Token, tokenize } from './lexer.js';
import { changesValue, unitWords } from './units.js';

export interface ParsedAnswer {
  expr: Expr;
  /** Words of the unit that followed the value, in one spelling. */
  unit: string[];
}

const RELATION_OPS: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>=', '~', 'in', 'notin', 'equiv']);
const SET_OPS: ReadonlySet<string> = new Set(['union', 'intersection', 'minus']);
/** Words that begin a side condition (`2n for n in Z`): the answer is what stands before. */
const CONDITIONS = /^(?:for|where|if|when|with|such that|as|so|since|because|i\.e)\b/i;

/**
 * Read a normalised answer.
 *
 * @throws ParseError when it is no mathematics; its length and nesting are bounded, so no input takes long.
 */
export function parseAnswer(text: string, thousands: boolean): ParsedAnswer {
  const { tokens, unit } = splitUnit(cutCondition(tokenize(text, thousands)));
  if (tokens.length === 0) throw new ParseError('empty');
  const parser = new AnswerParser(tokens);
  const expr = parser.answer();
  parser.expectEnd();
  return { expr, unit };
}

function cutCondition(tokens: Token[]): Token[] {
  const at = tokens.findIndex((token, i) => i > 0 && token.type === 'text' && CONDITIONS.test(token.text));
  return at < 0 ? tokens : tokens.slice(0, at);
}

/**
 * Take the unit off the end: the longest run of texts, powers of texts, slashes and degree signs that begins with a text
 * (or `/` and a text) and has a value before it.
 */
function splitUnit(tokens: Token[]): { tokens: Token[]; unit: string[] } {
  let start = tokens.length;
  let begin = tokens.length;
  while (start > 0 && isUnitPart(tokens, start - 1)) {
    start--;
    const token = tokens[start]!;
    const next = tokens[start + 1];
    const opensGroup = ['{', '/', 'mu'].includes(token.text) && next?.type === 'text';
    if (token.type === 'text' || opensGroup) begin = start;
  }
  if (tokens[begin - 1]?.text === '/') begin--;
  while (begin < tokens.length && !balanced(tokens.slice(begin))) begin++;
  const unit = tokens.slice(begin).filter((token) => token.type === 'text');
  if (begin === 0 || unit.length === 0 || !endsValue(tokens[begin - 1]!)) return { tokens, unit: [] };
  const words = tokens.slice(begin).flatMap(({ type, text }, i, all) => {
    if (type === 'text') return unitWords(text);
    return type === 'number' ? [`${all[i - 1]?.text === '-' ? '-' : ''}${text}`] : text === '/' ? ['per'] : [];
  });
  return { tokens: tokens.slice(0, begin), unit: words };
}

function isUnitPart(tokens: readonly Token[], at: number): boolean {
  const { type, text } = tokens[at]!;
  if (type === 'text') return !changesValue(text);
  if (text === '-' && tokens[at - 1]?.type === 'text') return tokens[at + 1]?.type === 'text'; // ft-lb
  if (type === 'number' || text === '-') return isExponent(tokens, at);
  return ['^', '{', '}', '/', '*', 'degrees', '(', ')', 'mu'].includes(text);
}

/** A number, or its sign, right behind `^`, `^{` or `^{-`: others are values, as in `3 out of 5`. */
function isExponent(tokens: readonly Token[], at: number): boolean {
  let before = at - 1;
  while (before > 0 && ['{', '-'].includes(tokens[before]!.text)) before--;
  return tokens[before]?.text === '^';
}

function endsValue(token: Token): boolean {
  return token.type !== 'op' || [')', ']', '}', '\\}', '|', '%', 'degrees', "'", '!', 'infinity'].includes(token.text);
}

function balanced(tokens: readonly Token[]): boolean {
  let depth = 0;
  for (const { text, type } of tokens) {
    if (type !== 'op') continue;
    if (text === '{' || text === '(') depth++;
    if ((text === '}' || text === ')') && --depth < 0) return false;
  }
  return depth === 0;
}

/** Lists, relations and sets over formulas. */
class AnswerParser extends FormulaParser {
  /** items separated by `;`, each items separated by `,`, `and`, `or`. */
  answer(): Expr {
    const groups = this.separated(
      () =>
        this.bareList(
          this.separated(
            () => this.relation(),
            (text) => text === ',' || text === 'and' || text === 'or',
          ),
        ),
      (text) => text === ';' || text === '\\\\',
    );
    return this.bareList(groups);
  }

  private bareList(items: Expr[]): Expr {
    return items.length === 1 ? items[0]! : { kind: 'list', open: '', close: '', items };
  }

  private separated(item: () => Expr, isSeparator: (text: string) => boolean): Expr[] {
    const items = [item()];
    while (this.opAhead() !== null && isSeparator(this.opAhead()!)) {
      while (this.opAhead() !== null && (isSeparator(this.opAhead()!) || /^(?:,|and|or)$/.test(this.opAhead()!)))
        this.next();
      if (this.atEnd() || this.closesHere()) break;
      items.push(item());
    }
    return items;
  }

  /** One side, or a chain of sides `a < b ≤ c`. */
  protected override relation(): Expr {
    if (this.opAhead() === '~' || this.opAhead() === '=') this.next();
    const args = [this.setExpression()];
    const ops: RelationOp[] = [];
    while (this.opAhead() !== null && RELATION_OPS.has(this.opAhead()!)) {
      ops.push(this.next().text as RelationOp);
      args.push(this.setExpression());
    }
    return ops.length === 0 ? args[0]! : { kind: 'relation', ops, args };
  }

  private setExpression(): Expr {
    let left = this.sideOfRelation();
    while (this.opAhead() !== null && SET_OPS.has(this.opAhead()!)) {
      const op = this.next().text as SetOp;
      left = { kind: 'setOperation', op, left, right: this.sideOfRelation() };
    }
    return left;
  }

  /** A formula, a text, or a ratio `a : b : c`. */
  private sideOfRelation(): Expr {
    const first = this.formula();
    if (this.barCloses || this.opAhead() !== ':') return first;
    const parts = [first];
    while (this.opAhead() === ':') {
      this.next();
      parts.push(this.formula());
    }
    return { kind: 'ratio', parts };
  }

  /** `( … )`, `[ … ]`, `{ … }`, `\{ … \}` and half-open intervals, the opening bracket already read. */
  protected override bracketed(open: string): Expr {
    const shape = (open === '\\{' ? '{' : open) as OpenBracket;
    if (shape === '{' && this.opAhead() === '\\}') {
      this.next();
      return { kind: 'namedSet', name: 'empty' };
    }
    const inner = this.nested(() => this.answer(), open === '\\{', open === '[' || open === ']');
    if (open === '\\{' && (this.opAhead() === '|' || this.opAhead() === ':')) return this.setBuilder(inner);
    const close = this.next().text;
    if (open === '{') {
      if (close !== '}') throw new ParseError('brace not closed');
      return inner;
    }
    if (!this.fits(open, close)) throw new ParseError(`${open} closed by ${close}`);
    const end = (close === '\\}' ? '}' : close) as CloseBracket;
    const isList = inner.kind === 'list' && inner.open === '';
    if (!isList && shape !== '{' && (open === '(' ? close === ')' : close === ']')) return inner;
    return { kind: 'list', open: shape, close: end, items: isList ? inner.items : [inner] };
  }

  private fits(open: string, close: string): boolean {
    if (open === '\\{') return close === '\\}';
    return open === ']' ? close === '[' || close === ']' : close === ')' || close === ']' || close === '[';
  }

  private setBuilder(element: Expr): Expr {
    this.next();
    const condition = this.answer();
    if (this.next().text !== '\\}') throw new ParseError('set not closed');
    return { kind: 'setBuilder', element, condition };
  }
}
