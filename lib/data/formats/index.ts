/** The formats by name, and which of them a file is in. */
import { UserError } from '../../errors.js';
import { FORMATS, type FormatName } from '../options.js';
import type { Row } from '../row.js';
import type { Format } from './format.js';
import { gsm8k } from './gsm8k.js';
import { instances } from './instances.js';
import { numbered } from './numbered.js';
import { steps } from './steps.js';
import { swe } from './swe.js';

const formats: Record<FormatName, Format> = { numbered, gsm8k, swe, steps, instances };

/** Asked in this order: the more particular a format's marks are, the earlier it is asked. */
const ORDER: FormatName[] = ['swe', 'instances', 'gsm8k', 'numbered', 'steps'];

/** @throws UserError that lists the formats when there is none of that name. */
export function formatNamed(name: string): Format {
  const format = (formats as Record<string, Format | undefined>)[name];
  if (format === undefined) throw new UserError(`There is no format "${name}"; known are ${FORMATS.join(', ')}.`);
  return format;
}

/**
 * The format of a file: the most particular one that any of its first rows is recognised as.
 *
 * @param rows the first few rows of a file, at least one
 * @throws UserError that names the keys found when no format fits
 */
export function recogniseFormat(rows: readonly Row[]): Format {
  const name = ORDER.find((candidate) => rows.some((row) => formats[candidate].recognises(row.value)));
  if (name !== undefined) return formats[name];
  throw new UserError(
    `${rows[0]!.where}: no known format has these keys: ${Object.keys(rows[0]!.value).join(', ') || 'none'}. ` +
      `Name the format (${FORMATS.join(', ')}) with --format, name the columns of ready instances with --map, or give a --splitter; in a configuration data.format, data.map, data.splitter.`,
  );
}
