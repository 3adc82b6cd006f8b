import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compilerReason, requireTools } from '../../scripts/native.mjs';
import { npmReason } from '../../scripts/packages.mjs';
import { countTests } from '../../scripts/test-counts.mjs';
import { programs } from './provide.js';
import { temporaryFolder, writeFiles } from './standins.js';

describe.skipIf(process.platform === 'win32')('what compiling needs', () => {
  const has = (...names: string[]) => ({ PATH: programs(Object.fromEntries(names.map((name) => [name, '']))) });

  it('is named when it is missing', () => {
    expect(() => requireTools(has('cmake', 'make'))).toThrow('no C++ compiler (looked for c++, g++, clang++)');
    expect(() => requireTools({ ...has('cmake', 'make', 'g++'), CXX: 'icpx' })).toThrow('(looked for icpx)');
    expect(() => requireTools(has('g++', 'make'))).toThrow('no cmake on the PATH. Install it: `apt install cmake`.');
    expect(() => requireTools(has('g++', 'cmake'))).toThrow('neither ninja nor make');
    requireTools(has('clang++', 'cmake', 'ninja'));
  });
});

describe('the reason of a failure, in one line', () => {
  it('of npm', () => {
    const offline = [
      'npm error code ECONNREFUSED',
      'npm error syscall connect',
      'npm error errno ECONNREFUSED',
      'npm error FetchError: request to http://127.0.0.1:9/yargs failed, reason: connect ECONNREFUSED 127.0.0.1:9',
      'npm error     at ClientRequest.<anonymous> (index.js:130:14)',
    ].join('\n');
    expect(npmReason(offline)).toBe(
      'FetchError: request to http://127.0.0.1:9/yargs failed, reason: connect ECONNREFUSED 127.0.0.1:9. ' +
        'The package registry cannot be reached: check the network and `npm config get registry`.',
    );
    expect(npmReason('npm error code ENOSPC\nnpm error write')).toMatch(/^no space left on the disk/);
    expect(npmReason('npm error code EUSAGE\nnpm error\nnpm error the lock is old')).toBe('the lock is old');
    expect(npmReason('spawn npm ENOENT')).toMatch(/Install npm/);
  });

  it('of the compiler', () => {
    expect(compilerReason('[1/2] Building\n/a/b.cc:3:1: error: expected ;\nninja: build stopped')).toBe(
      '/a/b.cc:3:1: error: expected ;',
    );
    expect(compilerReason('c++: fatal error: Killed signal terminated program cc1plus')).toMatch(/out of memory/);
    expect(compilerReason('/tmp/x.s: fatal error: No space left on device')).toMatch(/no space left/);
  });
});

describe('the line that closes a test run', () => {
  const report = { numPassedTests: 7, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0 };
  const counts = (content: string) => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'results.json': content });
    return countTests(join(folder, 'results.json'));
  };

  it('counts passed, failed and skipped tests', () => {
    const testResults = [{ status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] }];
    expect(counts(JSON.stringify({ ...report, testResults }))).toBe('7 passed, 1 failed');
    expect(counts(JSON.stringify({ ...report, numPendingTests: 2, testResults }))).toBe(
      '7 passed, 1 failed, 2 skipped',
    );
  });

  it('counts a file that could not be loaded as failed', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }];
    expect(counts(JSON.stringify({ ...report, numFailedTests: 0, testResults }))).toBe('7 passed, 1 failed');
  });

  it('is an error when vitest wrote nothing', () => {
    expect(() => counts('')).toThrow(/without writing its results/);
  });
});
