/** An export holds one tensor in memory, not the file. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../bindings/load.js';

test('a file of 200 MB in tensors of 8 MB is written with far less memory', () => {
  const folder = mkdtempSync(join(tmpdir(), 'foothold-export-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const script = join(packageRoot, 'test', 'export', 'peak_memory.ts');
  const args = ['--import', 'tsx', script, folder];
  const output = execFileSync(process.execPath, args, { cwd: packageRoot, encoding: 'utf8' });
  const { growth, size } = JSON.parse(output) as { growth: number; size: number };
  expect(size).toBeGreaterThan(200e6);
  expect(growth).toBeLessThan(120e6);
});
