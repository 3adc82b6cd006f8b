/** Rearrangements of an update batch that must not change what is computed from it. */
import { type Ragged, raggedLength, raggedRow, raggedSelect } from '../../../bindings/ragged.js';
import type { TokenBatch, UpdateBatch } from '../../../bindings/torch.js';

/** Group of each completion. */
export function groupOfRows(batch: TokenBatch): number[] {
  return Array.from(batch.groupSizes).flatMap((size, group) => new Array<number>(size).fill(group));
}

/** Only the given rows, in that order; consecutive rows of one group stay a group. */
export function selectRows(batch: UpdateBatch, rows: number[]): UpdateBatch {
  const groups = groupOfRows(batch);
  const sizes: number[] = [];
  const prompts: number[] = [];
  for (const row of rows) {
    const group = groups[row]!;
    if (prompts.at(-1) === group) sizes[sizes.length - 1]! += 1;
    else {
      prompts.push(group);
      sizes.push(1);
    }
  }
  const tokens = (values: Float32Array) => raggedSelect({ values, offsets: batch.completions.offsets }, rows).values;
  return {
    prompts: raggedSelect(batch.prompts, prompts),
    groupSizes: Int32Array.from(sizes),
    completions: raggedSelect(batch.completions, rows),
    ...(batch.advantages && { advantages: Float64Array.from(rows, (row) => batch.advantages![row]!) }),
    ...(batch.mask && { mask: Uint8Array.from(rows, (row) => batch.mask![row]!) }),
    ...(batch.oldLogProbs && { oldLogProbs: tokens(batch.oldLogProbs) }),
    ...(batch.refLogProbs && { refLogProbs: tokens(batch.refLogProbs) }),
  };
}

/** Row by row: the values of a flat per-token vector. */
export function perRow(batch: TokenBatch, values: Float32Array): Float32Array[] {
  const ragged: Ragged<Float32Array> = { values, offsets: batch.completions.offsets };
  return Array.from({ length: raggedLength(ragged) }, (_, i) => raggedRow(ragged, i));
}
