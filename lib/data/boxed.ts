/**
 * Content of the last `\boxed{…}` (or `\fbox{…}`) of a text, with its braces balanced; `undefined` when there is none
 * or it is never closed.
 */
export function lastBoxed(text: string): string | undefined {
  let content: string | undefined;
  for (const match of text.matchAll(/\\(?:boxed|fbox)\s*\{/g)) {
    const start = match.index + match[0].length;
    const end = closingBrace(text, start);
    if (end !== undefined) content = text.slice(start, end).trim();
  }
  return content;
}

/** Index of the brace that closes the one before `start`; escaped braces do not count. */
function closingBrace(text: string, start: number): number | undefined {
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return i;
  }
  return undefined;
}
