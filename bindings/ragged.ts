/**
 * A batch of rows of unequal length, without padding: row i is `values[offsets[i] .. offsets[i + 1])`.
 * `offsets` has one entry more than there are rows and begins with 0.
 */
export interface Ragged<T extends Int32Array | Float32Array = Int32Array> {
  values: T;
  offsets: Int32Array;
}

/** Pack rows of token ids into one ragged batch. */
export function raggedFromRows(rows: readonly ArrayLike<number>[]): Ragged {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => {
    offsets[i + 1] = offsets[i]! + row.length;
  });
  const values = new Int32Array(offsets[rows.length]!);
  rows.forEach((row, i) => {
    values.set(row, offsets[i]!);
  });
  return { values, offsets };
}

/** Number of rows of a ragged batch. */
export function raggedLength(batch: Ragged<Int32Array | Float32Array>): number {
  return batch.offsets.length - 1;
}

/** Row i of a ragged batch, as a view without copy. */
export function raggedRow<T extends Int32Array | Float32Array>(batch: Ragged<T>, i: number): T {
  return batch.values.subarray(batch.offsets[i]!, batch.offsets[i + 1]!) as T;
}

/** The rows with the given indices, in that order, as a new ragged batch. */
export function raggedSelect<T extends Int32Array | Float32Array>(
  batch: Ragged<T>,
  rows: readonly number[],
): Ragged<T> {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => {
    offsets[i + 1] = offsets[i]! + batch.offsets[row + 1]! - batch.offsets[row]!;
  });
  const Values = batch.values.constructor as new (length: number) => T;
  const values = new Values(offsets[rows.length]!);
  rows.forEach((row, i) => {
    values.set(raggedRow(batch, row), offsets[i]!);
  });
  return { values, offsets };
}
