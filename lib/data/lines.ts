/** Lines of a text file, one in memory at a time, and JSON lines on top of them. */
import { createReadStream } from 'node:fs';
import { UserError } from '../errors.js';

const NEWLINE = 0x0a;
/** Bytes of a line; the longest trajectories of agents have some millions. */
const MAX_LINE = 2 ** 28;

/**
 * The lines of a UTF-8 file without their ends (LF or CRLF) and without a byte-order mark. Split at bytes, since
 * U+2028 and a lone CR are part of a line. Numbers count from 1 and include blank lines. `bytes` are read instead of
 * the file where they come from elsewhere; `file` then names them in errors.
 *
 * @throws UserError that names the line when its bytes are not UTF-8, or too many to be a line.
 */
export async function* readLines(
  file: string,
  bytes: AsyncIterable<Buffer> = createReadStream(file, { highWaterMark: 1 << 20 }),
): AsyncGenerator<{ number: number; text: string }> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  let pending: Buffer[] = [];
  let pendingLength = 0;

  const decode = (line: Buffer) => {
    number++;
    try {
      return { number, text: decoder.decode(line).replace(/\r$/, '') };
    } catch {
      throw new UserError(`${file} line ${number}: not valid UTF-8. Convert the file to UTF-8.`);
    }
  };

  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      pending.push(chunk.subarray(start, end));
      yield decode(Buffer.concat(pending));
      pending = [];
      pendingLength = 0;
      start = end + 1;
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
    pendingLength += chunk.length - start;
    if (pendingLength > MAX_LINE) {
      throw new UserError(`${file} line ${number + 1}: longer than ${MAX_LINE} bytes. Is it a file of JSON lines?`);
    }
  }
  if (pending.length > 0) yield decode(Buffer.concat(pending));
}

/**
 * The values of a JSON-lines file, or of `bytes` as for readLines; blank lines are passed over.
 *
 * @throws UserError that names file and line of what is not JSON.
 */
export async function* readJsonLines(
  file: string,
  bytes?: AsyncIterable<Buffer>,
): AsyncGenerator<{ value: unknown; where: string }> {
  for await (const { number, text } of readLines(file, bytes)) {
    if (text.trim() === '') continue;
    const where = `${file} line ${number}`;
    try {
      yield { value: JSON.parse(text), where };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new UserError(`${where}: not valid JSON: ${error.message}. Every line must hold one JSON object.`);
    }
  }
}
