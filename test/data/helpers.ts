import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { packageRoot } from '../../bindings/load.js';

/** Path of a committed fixture. */
export function fixture(name: string): string {
  return join(packageRoot, 'test/fixtures/data', name);
}

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'foothold-data-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A file in a folder of its own that goes when the test ends. */
export function temporaryFile(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

/** Rows as JSON lines. */
export function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** Real data that is not part of the repository. */
export const sharedData = process.env.FOOTHOLD_DATA ?? join(packageRoot, '../shared/data');
export const hasSharedData = existsSync(sharedData);
export const needsSharedData = hasSharedData ? '' : ` (skipped: no data at ${sharedData}; set FOOTHOLD_DATA)`;
