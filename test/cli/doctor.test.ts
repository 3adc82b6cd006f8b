import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { MachineReport } from '../../lib/cli/machine.js';
import { libTorchFiles, temporaryFolder, writeFiles } from '../bootstrap/standins.js';
import { foothold } from './run.js';

const emptyCache = mkdtempSync(join(tmpdir(), 'foothold-test-'));
afterAll(() => rmSync(emptyCache, { recursive: true }));

describe('foothold doctor', () => {
  it('finds that a bootstrapped checkout works', () => {
    const { status, stdout, stderr } = foothold(['doctor', '--json']);
    const report = JSON.parse(stdout) as MachineReport;
    expect(report.problems).toEqual([]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(report).toMatchObject({
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      libTorch: { version: '2.13.0' },
      addons: { text: { loads: true }, torch: { loads: true, info: { version: '2.13.0' } } },
    });
    expect(report.devices[0]).toBe('cpu');
    expect(report.threads).toBeGreaterThan(0);
    expect(report.memory.total).toBeGreaterThan(report.memory.free);
  });

  it('works without LibTorch, and says what to do', () => {
    const env = { LIBTORCH: '', LIBTORCH_USE_PYTORCH: '', FOOTHOLD_LIBTORCH: '', FOOTHOLD_CACHE: emptyCache };
    const { status, stdout, stderr } = foothold(['doctor', '--json'], env);
    const report = JSON.parse(stdout) as MachineReport;
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(report).toMatchObject({
      libTorch: null,
      addons: { text: { loads: true }, torch: { loads: false } },
      devices: [],
    });
    expect(report.problems).toEqual([
      expect.stringMatching(/^LibTorch 2\.13\.0 is not there\..*npx foothold setup.*LIBTORCH/),
    ]);
    expect(foothold(['doctor'], env).stdout).toMatch(
      /^LibTorch +not found$[\s\S]*^Problem: LibTorch 2\.13\.0 is not there/m,
    );
  });

  it('names what is wrong with the LibTorch that it was given', () => {
    const { status, stdout } = foothold(['doctor'], { LIBTORCH: emptyCache });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^Problem: .* \(from LIBTORCH\) is not a whole LibTorch: it lacks lib\//m);
  });

  it('says which library cannot be opened', () => {
    const folder = temporaryFolder();
    writeFiles(folder, libTorchFiles()); // libraries of nothing but their headers
    const { status, stdout } = foothold(['doctor'], { LIBTORCH: folder });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^Problem: LibTorch in .* cannot be opened: .*libc10\.so/m);
  });
});
