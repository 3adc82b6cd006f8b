/**
 * How the batch call scales with threads: wall time, which wants an idle machine, and processor time, which shows what the
 * threads cost. `npx tsx benchmarks/reward/threads.ts`
 */
import { availableParallelism, loadavg } from 'node:os';
import { ratios } from '../../lib/difflib/index.js';
import { processorSeconds } from './contenders.js';
import { pairSets } from './pairs.js';

const rounds = 15;
const median = (values: number[]) => [...values].sort((x, y) => x - y)[values.length >> 1]!;

console.log(`load ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores`);
for (const { name, pairs } of pairSets()) {
  // Batches of a tenth of a second and more, as training has them.
  const copies = Math.ceil(200_000 / pairs.length);
  const few = pairs.some(([a]) => a.length > 400) ? Math.ceil(copies / 50) : copies;
  const actions = Array.from({ length: few }, () => pairs.map(([a]) => a)).flat();
  const experts = Array.from({ length: few }, () => pairs.map(([, b]) => b)).flat();
  const wall = new Map<number, number[]>();
  const processor = new Map<number, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const threads of [1, 2]) {
      const [beginWall, beginProcessor] = [performance.now(), processorSeconds()];
      ratios(actions, experts, { threads });
      wall.set(threads, [...(wall.get(threads) ?? []), performance.now() - beginWall]);
      processor.set(threads, [...(processor.get(threads) ?? []), processorSeconds() - beginProcessor]);
    }
  }
  const speedup = median(wall.get(1)!) / median(wall.get(2)!);
  const cost = median(processor.get(2)!) / median(processor.get(1)!);
  console.log(`${name}: 2 threads ${speedup.toFixed(2)}× one by the wall, ${cost.toFixed(2)}× its processor time`);
}
