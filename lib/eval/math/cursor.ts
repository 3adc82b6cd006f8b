import { ParseError, type Token } from './lexer.js';

const MAX_DEPTH = 150;
const CLOSERS = new Set([')', ']', '}', '\\}', 'rfloor', 'rceil']);

/** A place in a row of tokens, with a bound on how deep the parser nests. */
export abstract class TokenCursor {
  protected at = 0;
  private depth = 0;
  /** Inside `|…|` a bar closes; in a set builder it separates. Either way it does not open a factor. */
  protected barCloses = false;
  /** After `[` or `]` as the opening bracket, `[` may close the interval: `]0, 1[`. */
  protected squareCloses = false;

  constructor(protected readonly tokens: Token[]) {}

  expectEnd(): void {
    if (!this.atEnd()) throw new ParseError(`unexpected ${this.tokens[this.at]!.text}`);
  }

  protected atEnd(): boolean {
    return this.at >= this.tokens.length;
  }

  protected peek(offset = 0): Token | undefined {
    return this.tokens[this.at + offset];
  }

  protected opAhead(): string | null {
    const token = this.peek();
    return token?.type === 'op' ? token.text : null;
  }

  protected closesHere(): boolean {
    const op = this.opAhead();
    return op === null ? this.peek()?.type === 'end' : CLOSERS.has(op) || (op === '|' && this.barCloses);
  }

  protected next(): Token {
    const token = this.tokens[this.at++];
    if (!token) throw new ParseError('ends too soon');
    return token;
  }

  protected expect(text: string): void {
    if (this.next().text !== text) throw new ParseError(`expected ${text}`);
  }

  /** Parse something one level deeper, with bars and square brackets closing or not. */
  protected nested<T>(parse: () => T, barCloses: boolean, squareCloses = false): T {
    if (++this.depth > MAX_DEPTH) throw new ParseError('nested too deeply', true);
    const outer = [this.barCloses, this.squareCloses] as const;
    [this.barCloses, this.squareCloses] = [barCloses, squareCloses];
    const result = parse();
    [this.barCloses, this.squareCloses] = outer;
    this.depth--;
    return result;
  }
}
