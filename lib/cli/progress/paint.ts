/** What a stream can show: colours, and lines that are drawn again. */
import { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';
export type Paint = (style: Style, text: string) => string;

/** Whether lines can be drawn again. Not in CI, even where it gives its jobs a terminal: its logs keep every drawing. */
export function isLive(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && env.TERM !== 'dumb' && !env.CI;
}

/** Colours in a terminal that has them, by `NO_COLOR` and `FORCE_COLOR` as Node reads them; the latter also elsewhere. */
export function hasColours(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  if (!stream.isTTY && env.FORCE_COLOR === undefined) return false;
  return WriteStream.prototype.getColorDepth.call(stream, env) > 1;
}

export function painter(colours: boolean): Paint {
  return colours ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
}
