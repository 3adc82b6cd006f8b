/** Edit steps made from matching blocks. */
import type { Match } from './sequence_matcher.js';

export type Tag = 'replace' | 'delete' | 'insert' | 'equal';

/** `[tag, i1, i2, j1, j2]`: what to do with a[i1, i2) to get b[j1, j2). Positions count elements. */
export type Opcode = [tag: Tag, i1: number, i2: number, j1: number, j2: number];

/** Steps that turn a into b, from all matching blocks including the closing empty one. */
export function opcodesOf(blocks: readonly Match[]): Opcode[] {
  const opcodes: Opcode[] = [];
  let i = 0;
  let j = 0;
  for (const { a, b, size } of blocks) {
    if (i < a && j < b) opcodes.push(['replace', i, a, j, b]);
    else if (i < a) opcodes.push(['delete', i, a, j, b]);
    else if (j < b) opcodes.push(['insert', i, a, j, b]);
    i = a + size;
    j = b + size;
    if (size > 0) opcodes.push(['equal', a, i, b, j]);
  }
  return opcodes;
}

/** Groups of changes with up to `n` equal elements around each; changes closer than that share a group. */
export function groupOpcodes(opcodes: readonly Opcode[], n: number): Opcode[][] {
  const groups: Opcode[][] = [];
  let group: Opcode[] = [];
  opcodes.forEach(([tag, i1, i2, j1, j2], at) => {
    if (tag === 'equal') {
      const isFirst = at === 0;
      const isLast = at === opcodes.length - 1;
      // Equal stretches at either end only lead up to a change, or follow one.
      if (isFirst) [i1, j1] = [Math.max(i1, i2 - n), Math.max(j1, j2 - n)];
      if (isLast) [i2, j2] = [Math.min(i2, i1 + n), Math.min(j2, j1 + n)];
      if (i2 - i1 > 2 * n) {
        group.push([tag, i1, Math.min(i2, i1 + n), j1, Math.min(j2, j1 + n)]);
        groups.push(group);
        group = [];
        [i1, j1] = [Math.max(i1, i2 - n), Math.max(j1, j2 - n)];
      }
    }
    group.push([tag, i1, i2, j1, j2]);
  });
  if (group.length > 0 && !(group.length === 1 && group[0]![0] === 'equal')) groups.push(group);
  return groups;
}
