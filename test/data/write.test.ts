import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LineWriter } from '../../lib/data/write.js';
import { UserError } from '../../lib/errors.js';

describe('LineWriter', () => {
  const folder = mkdtempSync(join(tmpdir(), 'foothold-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('names the file that cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const path = join(folder, 'file', 'out.jsonl');
    const failure = await LineWriter.open(path).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as Error).message).toContain(`${path}: cannot be written: `);
  });

  it('writes behind a link, and takes the place of no folder or device', async () => {
    const [target, link] = [join(folder, 'target.jsonl'), join(folder, 'link.jsonl')];
    writeFileSync(target, 'before');
    symlinkSync(target, link);
    const writer = await LineWriter.open(link);
    await writer.write('after');
    await writer.commit();
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe('after\n');
    for (const place of [folder, '/dev/null'].filter(existsSync)) {
      await expect(LineWriter.open(place)).rejects.toThrow(`${place}: cannot be written: it is a folder or a device`);
    }
  });

  it.skipIf(!existsSync('/proc/self'))('does not wait for ever where no folder can be made (needs /proc)', async () => {
    await expect(LineWriter.open('/proc/none/deeper/out.jsonl')).rejects.toThrow(
      '/proc/none/deeper/out.jsonl: cannot be written: ENOENT',
    );
  });

  it('makes the folders that are missing, also when several do so at once', async () => {
    for (let i = 0; i < 200; i++) {
      const paths = [0, 1, 2, 3].map((file) => join(folder, `${i}`, 'a', 'b', 'c', `${file}.jsonl`));
      const writers = await Promise.all(paths.map((path) => LineWriter.open(path)));
      for (const writer of writers) await writer.commit();
      expect(paths.every((path) => existsSync(path))).toBe(true);
    }
  });

  it.skipIf(!existsSync('/dev/full'))('names the file when the disk is full (needs /dev/full)', async () => {
    // The partial file is a link to a device that is always full.
    const path = join(folder, 'full.jsonl');
    symlinkSync('/dev/full', `${path}.partial`);
    const writer = await LineWriter.open(path);
    await writer.write('line');
    await expect(writer.commit()).rejects.toThrow(`${path}: cannot be written: ENOSPC`);
    await writer.discard();
    expect(existsSync(path)).toBe(false);
  });
});
