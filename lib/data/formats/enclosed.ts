/** A part of a text between two marks. */
export interface Enclosed {
  /** Match of the opening mark. */
  opening: RegExpExecArray;
  inner: string;
}

/**
 * The parts of a text between an opening mark and the next closing one. In time that grows with the text's length: the
 * lazy pattern that one would write for this takes the square of it where a mark is opened again and again.
 *
 * @param opening, closing global patterns
 */
export function* enclosed(text: string, opening: RegExp, closing: RegExp): Generator<Enclosed> {
  for (let from = 0; ; from = closing.lastIndex) {
    opening.lastIndex = from;
    const begin = opening.exec(text);
    if (!begin) return;
    const start = opening.lastIndex;
    closing.lastIndex = start;
    const end = closing.exec(text);
    if (!end) return; // nor is there one behind any later opening
    yield { opening: begin, inner: text.slice(start, end.index) };
    closing.lastIndex = end.index + end[0].length; // others may have used the pattern meanwhile
  }
}
