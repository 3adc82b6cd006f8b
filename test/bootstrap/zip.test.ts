/** Archives that mean harm, or are damaged: a named error, and nothing written outside the target. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listZip, unpackZip } from '../../scripts/libtorch/zip.mjs';
import { SetupError } from '../../scripts/stage.mjs';
import { temporaryFolder, zip } from './standins.js';

/** Unpacks into `target/` of a folder of its own, which it returns. */
async function unpacked(archive: Buffer): Promise<string> {
  const folder = temporaryFolder();
  const file = join(folder, 'x.whl');
  writeFileSync(file, archive);
  await unpackZip(file, await listZip(file), join(folder, 'target'));
  return folder;
}

/** Offset of the central directory's entry of a member. */
function entryOf(archive: Buffer, name: string): number {
  const at = archive.lastIndexOf(name) - 46;
  expect(archive.readUInt32LE(at)).toBe(0x02014b50);
  return at;
}

/** The archive with its central entry of `name` changed. */
function changed(archive: Buffer, name: string, change: (entry: Buffer) => void): Buffer {
  const copy = Buffer.from(archive);
  change(copy.subarray(entryOf(copy, name)));
  return copy;
}

const good = zip({ 'a/b.txt': 'hello', 'a/c': '', 'a/large': 'x'.repeat(3_000_000) });
const withMode = (mode: number) => changed(good, 'a/b.txt', (entry) => entry.writeUInt16LE(mode, 40));
const huge = 0xfffffffe;

describe('an archive with', () => {
  it.each<[string, Buffer, RegExp]>([
    ['a path upwards', zip({ 'a/../../b': 'x' }), /holds "a\/\.\.\/\.\.\/b", which leads outside the target/],
    ['a path upwards by backslashes', zip({ 'a\\..\\..\\b': 'x' }), /leads outside the target/],
    ['an absolute path', zip({ '/b': 'x' }), /holds "\/b", which leads outside/],
    ['a path from a drive', zip({ 'C:\\b': 'x' }), /leads outside/],
    ['a NUL in a path', zip({ 'a\0b': 'x' }), /holds "a\\u0000b", which leads outside/],
    ['an empty path', zip({ 'a//b': 'x' }), /leads outside/],
    ['a file where another needs a folder', zip({ a: 'x', 'a/b': 'x' }), /not a whole zip file/],
    ['a folder outside', zip({ '../b/': '' }), /leads outside/],
    ['a symbolic link', withMode(0o120777), /holds "a\/b\.txt", which is a link or a device: not unpacked/],
    ['a device', withMode(0o060600), /is a link or a device/],
    ['a name twice', changed(zip({ 'a/b': 'x', 'a/c': 'y' }), 'a/c', (e) => e.write('a/b', 46)), /holds "a\/b", twice/],
    ['no end', good.subarray(0, -30), /not a whole zip file/],
    ['nothing', Buffer.alloc(0), /not a whole zip file/],
    ['an end alone, that counts files', Buffer.from(good.subarray(-22)), /not a whole zip file/],
    ['a count of 65,534', Buffer.from(good).fill(0xfe, good.length - 12, good.length - 10), /not a whole zip file/],
    ['a directory of 4 GB', Buffer.from(good).fill(0xfe, good.length - 10, good.length - 6), /not a whole zip file/],
    [
      'a 64-bit directory that is not there',
      Buffer.from(good).fill(0xff, good.length - 10, good.length - 2),
      /not a whole zip file/,
    ],
    [
      'a 64-bit directory before the beginning',
      Buffer.from(good.subarray(-22)).fill(0xff, 10, 20),
      /not a whole zip file/,
    ],
    ['an offset beyond it', changed(good, 'a/b.txt', (e) => e.writeUInt32LE(huge, 42)), /not a whole zip file/],
    ['a packed size beyond it', changed(good, 'a/b.txt', (e) => e.writeUInt32LE(huge, 20)), /not a whole zip file/],
    ['a packed size of 0', changed(good, 'a/large', (e) => e.writeUInt32LE(0, 20)), /large is damaged/],
    ['an unknown method', changed(good, 'a/b.txt', (e) => e.writeUInt16LE(99, 10)), /packed by method 99, unknown/],
    ['a wrong checksum', changed(good, 'a/b.txt', (e) => e.writeUInt32LE(1, 16)), /b\.txt is damaged/],
  ])('%s is refused', async (_, archive, message) => {
    const error = await unpacked(archive).then(
      () => expect.unreachable('it was unpacked'),
      (thrown: Error) => thrown,
    );
    expect(error).toBeInstanceOf(SetupError);
    expect(error.message).toMatch(message);
  });

  it.each([20, 2 ** 20 + 1])(
    'a file that unpacks to more than the %d bytes it claims fills no disk',
    async (claimed) => {
      const archive = changed(zip({ bomb: Buffer.alloc(200_000_000) }), 'bomb', (e) => e.writeUInt32LE(claimed, 24));
      const folder = temporaryFolder();
      const file = join(folder, 'x.whl');
      writeFileSync(file, archive);
      await expect(unpackZip(file, await listZip(file), folder)).rejects.toThrow(/bomb is damaged/);
      const written = existsSync(join(folder, 'bomb')) ? statSync(join(folder, 'bomb')).size : 0;
      expect(written).toBeLessThanOrEqual(claimed);
    },
  );
});

it('an archive is unpacked when nothing is wrong', async () => {
  const folder = await unpacked(good);
  expect(readFileSync(join(folder, 'target', 'a', 'b.txt'), 'utf8')).toBe('hello');
  expect(readdirSync(join(folder, 'target', 'a')).sort()).toEqual(['b.txt', 'c', 'large']);
});

it('an archive with bytes changed is unpacked or refused, and stays in its target', async () => {
  const small = zip({ 'a/b.txt': 'hello hello', 'a/c': 'c', d: 'd'.repeat(300) });
  const change = fc.tuple(fc.nat(small.length - 1), fc.constantFrom(0, 1, 0x2e, 0x2f, 0x7f, 0x80, 0xff));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
      const archive = Buffer.from(small);
      for (const [at, byte] of changes) archive[at] = byte;
      const folder = temporaryFolder();
      const file = join(folder, 'x.whl');
      writeFileSync(file, archive);
      try {
        await unpackZip(file, await listZip(file), join(folder, 'target'));
      } catch (error) {
        expect(error).toBeInstanceOf(SetupError);
      }
      expect(readdirSync(folder).filter((name) => !['x.whl', 'target'].includes(name))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
