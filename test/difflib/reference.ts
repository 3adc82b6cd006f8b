/**
 * SequenceMatcher as its documentation specifies it, slow and plain: tries every pair of starting points. What the native
 * algorithms are checked against where no fixture reaches.
 */
import type { Match } from '../../lib/difflib/index.js';

export interface ReferenceOptions {
  isJunk?: (element: string) => boolean;
  autojunk?: boolean;
}

export class Reference {
  readonly a: string[];
  readonly b: string[];
  readonly junk = new Set<string>();
  readonly popular = new Set<string>();

  constructor(a: string, b: string, { isJunk = () => false, autojunk = false }: ReferenceOptions = {}) {
    this.a = [...a];
    this.b = [...b];
    const counts = new Map<string, number>();
    for (const element of this.b) counts.set(element, (counts.get(element) ?? 0) + 1);
    for (const [element, count] of counts) {
      if (isJunk(element)) this.junk.add(element);
      else if (autojunk && this.b.length >= 200 && count > Math.floor(this.b.length / 100) + 1)
        this.popular.add(element);
    }
  }

  private startsMatch(element: string): boolean {
    return !this.junk.has(element) && !this.popular.has(element);
  }

  longestMatch(alo: number, ahi: number, blo: number, bhi: number): Match {
    let best: Match = { a: alo, b: blo, size: 0 };
    for (let i = alo; i < ahi; i++) {
      for (let j = blo; j < bhi; j++) {
        let size = 0;
        while (
          i + size < ahi &&
          j + size < bhi &&
          this.a[i + size] === this.b[j + size] &&
          this.startsMatch(this.b[j + size]!)
        ) {
          size++;
        }
        if (size > best.size) best = { a: i, b: j, size };
      }
    }
    for (const wantJunk of [false, true]) {
      const extends_ = (i: number, j: number) => this.a[i] === this.b[j] && this.junk.has(this.b[j]!) === wantJunk;
      let { a, b, size } = best;
      for (; a > alo && b > blo && extends_(a - 1, b - 1); size++) [a, b] = [a - 1, b - 1];
      while (a + size < ahi && b + size < bhi && extends_(a + size, b + size)) size++;
      best = { a, b, size };
    }
    return best;
  }

  matchingBlocks(): Match[] {
    const joined: Match[] = [];
    for (const block of this.blocksBetween(0, this.a.length, 0, this.b.length)) {
      const last = joined.at(-1);
      if (last && last.a + last.size === block.a && last.b + last.size === block.b) last.size += block.size;
      else joined.push(block);
    }
    joined.push({ a: this.a.length, b: this.b.length, size: 0 });
    return joined;
  }

  private blocksBetween(alo: number, ahi: number, blo: number, bhi: number): Match[] {
    if (alo >= ahi || blo >= bhi) return [];
    const match = this.longestMatch(alo, ahi, blo, bhi);
    if (match.size === 0) return [];
    return [
      ...this.blocksBetween(alo, match.a, blo, match.b),
      match,
      ...this.blocksBetween(match.a + match.size, ahi, match.b + match.size, bhi),
    ];
  }

  ratio(): number {
    const total = this.a.length + this.b.length;
    const matched = this.matchingBlocks().reduce((sum, block) => sum + block.size, 0);
    return total === 0 ? 1 : (2 * matched) / total;
  }
}
