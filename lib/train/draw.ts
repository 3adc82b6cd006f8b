import { deriveSeed, permutation } from './random.js';

/**
 * Instances in random order, each once an epoch. Position p is the p-th draw since the stage began and alone decides
 * which instance comes, so a resumed run goes on where it was.
 */
export class Deck {
  private epoch = -1;
  private order: Int32Array = new Int32Array();

  constructor(
    /** Number of instances, at least 1. */
    readonly size: number,
    private readonly seed: number,
  ) {}

  /** Index of the instance at a position. */
  indexAt(position: number): number {
    const epoch = Math.floor(position / this.size);
    if (epoch !== this.epoch) {
      this.order = permutation(this.size, deriveSeed(this.seed, epoch));
      this.epoch = epoch;
    }
    return this.order[position % this.size]!;
  }
}
