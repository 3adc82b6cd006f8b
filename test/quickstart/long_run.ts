/**
 * Run as a process of its own by long_run.test.ts: 300 steps of the quickstart's model, with small batches. Prints its
 * resident memory after each step, in MiB, as one JSON array.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSplits, quickstartConfig, writeData } from '../../lib/quickstart/run.js';
import { Trainer } from '../../lib/train/index.js';

const folder = mkdtempSync(join(tmpdir(), 'foothold-long-run-'));
try {
  await writeData(folder, makeSplits(0));
  const { stages, ...run } = quickstartConfig(folder, 0, 300);
  const small = {
    batchSize: 1,
    numGenerations: 4,
    epsilonStd: 0,
    evalSteps: 0,
    saveSteps: 50,
    saveTotalLimit: 1,
    maxCompletionLength: 24,
  };
  const output = join(folder, 'run');
  const trainer = await Trainer.create({ ...run, output, stages: stages.map((stage) => ({ ...stage, ...small })) });
  const resident: number[] = [];
  for await (const { metrics } of trainer) {
    if (!('step_time' in metrics)) continue; // the validation at the start
    globalThis.gc?.();
    resident.push(process.memoryUsage.rss() / 2 ** 20);
  }
  process.stdout.write(JSON.stringify(resident));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
