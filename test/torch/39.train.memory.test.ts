/** No tensor of tokens × vocabulary exists: logits are made and used up in chunks. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../bindings/load.js';

test('4,096 tokens of a vocabulary of 50,000 need less than half of one logits tensor', () => {
  const script = join(packageRoot, 'test', 'torch', 'support', 'peak-memory.ts');
  const output = execFileSync(process.execPath, ['--import', 'tsx', script], { cwd: packageRoot, encoding: 'utf8' });
  const growth = JSON.parse(output) as { logProbs: number; update: number };
  const logits = 4096 * 50_000 * 4;
  expect(growth.logProbs).toBeLessThan(logits / 2);
  expect(growth.update).toBeLessThan(logits / 2);
});
