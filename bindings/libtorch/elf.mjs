/**
 * Reads which shared libraries an ELF file needs, so that a missing one can be named before anything is loaded.
 * Format: System V ABI, chapters 4 (object files) and 5 (dynamic linking); 64-bit little-endian files only.
 */
import { closeSync, openSync, readSync } from 'node:fs';

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;
const DT_RPATH = 15n;
const DT_RUNPATH = 29n;

/**
 * @param {string} path
 * @returns {{ needed: string[], runpath: string[] }} names of the libraries needed; folders to search, `$ORIGIN` kept.
 *   Both are empty for a file that is not such an ELF file.
 */
export function readElf(path) {
  const file = openSync(path, 'r');
  try {
    /** @param {number} length @param {number} position */
    const read = (length, position) => {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(file, buffer, 0, length, position));
    };
    const header = read(64, 0);
    if (header.length < 64 || header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1) {
      return { needed: [], runpath: [] };
    }
    const segments = readSegments(header, read);
    const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
    if (!dynamic) return { needed: [], runpath: [] };
    return readDynamic(read(dynamic.size, dynamic.offset), (address) => {
      const segment = segments.find((s) => s.type === PT_LOAD && address >= s.address && address < s.address + s.size);
      if (!segment) return '';
      const bytes = read(4096, segment.offset + address - segment.address);
      return bytes.toString('utf8', 0, Math.max(0, bytes.indexOf(0)));
    });
  } finally {
    closeSync(file);
  }
}

/** @param {Buffer} header @param {(length: number, position: number) => Buffer} read */
function readSegments(header, read) {
  const entrySize = header.readUInt16LE(54);
  const count = header.readUInt16LE(56);
  const table = read(entrySize * count, Number(header.readBigUInt64LE(32)));
  return Array.from({ length: Math.floor(table.length / entrySize) }, (_, i) => ({
    type: table.readUInt32LE(i * entrySize),
    offset: Number(table.readBigUInt64LE(i * entrySize + 8)),
    address: Number(table.readBigUInt64LE(i * entrySize + 16)),
    size: Number(table.readBigUInt64LE(i * entrySize + 32)),
  }));
}

/** @param {Buffer} dynamic @param {(address: number) => string} stringAt */
function readDynamic(dynamic, stringAt) {
  /** @param {...bigint} tags */
  const valuesOf = (...tags) => {
    const values = [];
    for (let at = 0; at + 16 <= dynamic.length; at += 16) {
      if (tags.includes(dynamic.readBigInt64LE(at))) values.push(Number(dynamic.readBigUInt64LE(at + 8)));
    }
    return values;
  };
  const strings = valuesOf(DT_STRTAB)[0] ?? 0;
  return {
    needed: valuesOf(DT_NEEDED).map((offset) => stringAt(strings + offset)),
    runpath: valuesOf(DT_RUNPATH, DT_RPATH).flatMap((offset) => stringAt(strings + offset).split(':')),
  };
}
