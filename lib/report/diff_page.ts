/** A page of diffs that may be long: written pair by pair. */
import { LineWriter } from '../data/write.js';
import type { Match } from '../difflib/index.js';
import { diffHtml, diffStyles, escapeHtml } from './diff_html.js';

export class DiffPage {
  private count = 0;

  private constructor(private readonly writer: LineWriter) {}

  /** @param sides what stands left and right */
  static async open(path: string, title: string, sides: readonly [left: string, right: string]): Promise<DiffPage> {
    const writer = await LineWriter.open(path);
    await writer.write(head(title, sides));
    return new DiffPage(writer);
  }

  /** Add a pair under a heading, see `diffHtml`. */
  async add(heading: string, a: string, b: string, blocks: readonly Match[]): Promise<void> {
    await this.writer.write(`<h2>${++this.count} · ${escapeHtml(heading)}</h2>\n${diffHtml(a, b, blocks)}`);
  }

  /** Finish the file under its own name. */
  async commit(): Promise<void> {
    await this.writer.write('</html>');
    await this.writer.commit();
  }

  /** Throw away what was written. */
  async discard(): Promise<void> {
    await this.writer.discard();
  }
}

function head(title: string, [left, right]: readonly [string, string]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto; padding: 0 1rem }
h2 { font-size: 1rem; margin: 0 }
${diffStyles}</style>
<h1>${escapeHtml(title)}</h1>
<p>Left: ${escapeHtml(left)}. Right: ${escapeHtml(right)}. Coloured: matching blocks, the same colour on both sides.</p>`;
}
