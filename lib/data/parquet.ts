import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { UserError } from '../errors.js';

/**
 * The rows of a Parquet file, a row group in memory at a time.
 *
 * @throws UserError when the file is broken or uses a feature that cannot be read.
 */
export async function* readParquet(file: string): AsyncGenerator<{ value: unknown; where: string }> {
  const readable = async <T>(part: string, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      throw new UserError(`${file}: ${part} of this Parquet file cannot be read: ${(error as Error).message}.`);
    }
  };

  const buffer = await asyncBufferFromFile(file);
  const metadata = await readable('the footer', () => parquetMetadataAsync(buffer));
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await readable(`rows ${rowStart + 1} to ${rowEnd}`, () =>
      parquetReadObjects({ file: buffer, metadata, compressors, rowStart, rowEnd }),
    );
    for (const [i, row] of rows.entries()) yield { value: plain(row), where: `${file} row ${rowStart + i + 1}` };
    rowStart = rowEnd;
  }
}

/** 64-bit integers arrive as BigInt, which JSON does not know; those that fit become numbers, the rest text. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
