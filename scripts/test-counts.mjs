/** The line that closes a test run. */
import { readFileSync } from 'node:fs';
import { SetupError } from './stage.mjs';

/**
 * `N passed, N failed`, and `, N skipped` where some were.
 *
 * @param {string} results file that vitest's JSON reporter wrote
 */
export function countTests(results) {
  /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, testResults: { status: string, assertionResults: { status: string }[] }[] }} */
  let report;
  try {
    report = JSON.parse(readFileSync(results, 'utf8'));
  } catch {
    throw new SetupError('vitest ended without writing its results; its output above says why.');
  }
  // A file that could not even be loaded has no failed test in it, and counts as one.
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const skipped = report.numPendingTests + report.numTodoTests;
  const failed = report.numFailedTests + unloaded.length;
  return `${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
