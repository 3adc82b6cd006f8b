/**
 * Unpacks wheels, which are zip files. Reads the central directory (Zip64 too), refuses members that would land outside
 * the target and links, unpacks no more of a file than its directory says, and checks its size and CRC-32.
 * Format: PKWARE APPNOTE 6.3, section 4.3.
 */
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { SetupError } from '../stage.mjs';

/**
 * @typedef {object} Member
 * @property {string} name path inside the archive
 * @property {number} method 0 stored, 8 deflated
 * @property {number} crc
 * @property {number} packed bytes in the archive
 * @property {number} size bytes unpacked
 * @property {number} offset of its local header
 * @property {number} unixMode file type and permissions; 0 when the archive was not made on Unix
 */

/** Bytes of a central directory; that of PyTorch's wheel has 2 MB. */
const maxDirectory = 2 ** 26;
/** The bits of a Unix mode that tell the file's type, and those types that are unpacked. */
const typeBits = 0o170000;
const plainTypes = [0, 0o100000, 0o040000]; // not told, file, folder

/**
 * Names, sizes and places of all files of an archive.
 *
 * @param {string} path
 * @returns {Promise<Member[]>}
 * @throws {SetupError} when it is no whole zip file, or holds what must not be unpacked: a path that leads outside the
 *   target, a link or device, a name twice
 */
export async function listZip(path) {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    /** @param {number} position @param {number} length */
    const read = async (position, length) => {
      if (!(position >= 0 && length <= size - position)) throw broken(path);
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(Math.max(0, length)),
        0,
        Math.max(0, length),
        position,
      );
      if (bytesRead < length) throw broken(path);
      return buffer;
    };
    const { start, length, count } = await findDirectory(path, size, read);
    const members = parseDirectory(path, await read(start, length), count);
    refuseHostile(path, members);
    return members.filter(({ name }) => !name.endsWith('/'));
  } finally {
    await file.close();
  }
}

/** @param {string} path */
const broken = (path) => new SetupError(`${path} is not a whole zip file: the download is damaged. Run again.`);

/** @param {string} path @param {number} size @param {(position: number, length: number) => Promise<Buffer>} read */
async function findDirectory(path, size, read) {
  const tailStart = Math.max(0, size - 65_557); // the end record is 22 bytes and a comment of at most 65,535
  const tail = await read(tailStart, size - tailStart);
  const at = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (at < 0 || at + 22 > tail.length) throw broken(path);
  let count = tail.readUInt16LE(at + 10);
  let length = tail.readUInt32LE(at + 12);
  let start = tail.readUInt32LE(at + 16);
  if (count === 0xffff || length === 0xffffffff || start === 0xffffffff) {
    const locator = await read(tailStart + at - 20, 20);
    if (locator.readUInt32LE(0) !== 0x07064b50) throw broken(path);
    const record = await read(Number(locator.readBigUInt64LE(8)), 56);
    if (record.readUInt32LE(0) !== 0x06064b50) throw broken(path);
    count = Number(record.readBigUInt64LE(32));
    length = Number(record.readBigUInt64LE(40));
    start = Number(record.readBigUInt64LE(48));
  }
  if (!(length <= maxDirectory)) throw broken(path);
  return { start, length, count };
}

/** @param {string} path @param {Buffer} directory @param {number} count @returns {Member[]} */
function parseDirectory(path, directory, count) {
  const members = [];
  for (let at = 0, i = 0; i < count; i++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50) throw broken(path);
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    const sizes = [directory.readUInt32LE(at + 24), directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 42)];
    const [size = 0, packed = 0, offset = 0] = zip64Sizes(sizes, directory.subarray(nameEnd, extraEnd));
    members.push({
      name: directory.toString('utf8', at + 46, nameEnd),
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      packed,
      size,
      offset,
      unixMode: directory.readUInt16LE(at + 40), // upper half of the external attributes
    });
    at = extraEnd + directory.readUInt16LE(at + 32);
  }
  return members;
}

/** @param {number[]} sizes size, packed size and offset @param {Buffer} extra holds, in that order, those that are all ones */
function zip64Sizes(sizes, extra) {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let next = at + 4;
    return sizes.map((size) => {
      if (size !== 0xffffffff || next + 8 > extra.length) return size;
      next += 8;
      return Number(extra.readBigUInt64LE(next - 8));
    });
  }
  return sizes;
}

/** @param {string} path @param {readonly Member[]} members */
function refuseHostile(path, members) {
  const names = new Set();
  for (const { name, unixMode } of members) {
    const refuse = (/** @type {string} */ why) => {
      throw new SetupError(`${path} holds ${JSON.stringify(name)}, ${why}: not unpacked.`);
    };
    const parts = name.replace(/\/$/, '').split(/[/\\]/);
    if (/^[A-Za-z]:/.test(name) || name.includes('\0') || parts.some((part) => ['', '.', '..'].includes(part))) {
      refuse('which leads outside the target');
    }
    if (!plainTypes.includes(unixMode & typeBits)) refuse('which is a link or a device');
    if (names.has(name)) refuse('twice');
    names.add(name);
  }
}

/** Members up to this many bytes are unpacked in memory, which for thousands of headers is several times faster. */
const smallSize = 2 ** 20;

/**
 * Unpack these members of an archive under `target`.
 *
 * @param {string} path @param {readonly Member[]} members as `listZip` gave them @param {string} target
 */
export async function unpackZip(path, members, target) {
  const file = await open(path);
  try {
    const { size: archiveSize } = await file.stat();
    for (const member of members) {
      const { name, method, packed, size, offset } = member;
      if (method !== 0 && method !== 8)
        throw new SetupError(`${path}: ${name} is packed by method ${method}, unknown here.`);
      if (!(offset + 30 + packed <= archiveSize)) throw broken(path);
      const { buffer: local } = await file.read(Buffer.alloc(30), 0, 30, offset);
      if (local.readUInt32LE(0) !== 0x04034b50) throw broken(path);
      const start = offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
      const output = join(target, name);
      const unpack = Math.max(packed, size) <= smallSize ? unpackSmall : unpackLarge;
      const found = await makeFolder(output)
        .then(() => unpack(file, start, member, output))
        .catch((error) => {
          if (/^(Z_|ERR_)/.test(error.code)) return undefined; // not what deflate writes
          if (/^(EISDIR|ENOTDIR|EEXIST)$/.test(error.code)) throw broken(path); // a file and a folder of one name
          throw error;
        });
      if (found?.crc !== member.crc || found.size !== size)
        throw new SetupError(`${path}: ${name} is damaged. Run again.`);
    }
  } finally {
    await file.close();
  }
}

/** @param {string} output */
async function makeFolder(output) {
  mkdirSync(dirname(output), { recursive: true });
}

/** @typedef {import('node:fs/promises').FileHandle} FileHandle */

/** @param {FileHandle} file @param {number} start @param {Member} member @param {string} output */
async function unpackSmall(file, start, { method, packed }, output) {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(packed), 0, packed, start);
  const bytes = buffer.subarray(0, bytesRead);
  const data = method === 8 ? inflateRawSync(bytes, { maxOutputLength: smallSize }) : bytes;
  writeFileSync(output, data);
  return { crc: crc32(data), size: data.length };
}

/** @param {FileHandle} file @param {number} start @param {Member} member @param {string} output */
async function unpackLarge(file, start, { method, packed, size: expected }, output) {
  let crc = 0;
  let size = 0;
  const measure = new Transform({
    transform(chunk, _encoding, done) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      // A few bytes can unpack to a full disk.
      if (size > expected) done(Object.assign(new Error('longer than it says'), { code: 'ERR_BUFFER_TOO_LARGE' }));
      else done(null, chunk);
    },
  });
  if (packed === 0) return undefined; // a range that createReadStream does not know
  const source = file.createReadStream({ start, end: start + packed - 1, autoClose: false });
  const inflate = method === 8 ? [createInflateRaw()] : [];
  await pipeline([source, ...inflate, measure, createWriteStream(output)]);
  return { crc, size };
}
