/**
 * Seed corpora for the harnesses here: `node native/fuzz/seeds.mjs <folder>` fills <folder>/safetensors and
 * <folder>/gguf with small good files, one for each element type, metadata type and special case, and
 * <folder>/sequence_matcher with pairs of sequences, for the fuzzer to start from.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: node native/fuzz/seeds.mjs <folder>');

/** @param {number | bigint} value */
function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** @param {number} value */
function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** @param {string} text */
const string = (text) => Buffer.concat([u64(Buffer.byteLength(text)), Buffer.from(text)]);

/** @param {number} length */
const filler = (length) => Buffer.from(Array.from({ length }, (_, i) => (i * 37 + 11) & 0xff));

/** @param {object} header @param {number} dataLength */
function safetensors(header, dataLength) {
  const json = Buffer.from(JSON.stringify(header));
  return Buffer.concat([u64(json.length), json, filler(dataLength)]);
}

/** @param {Buffer[]} values @param {Buffer[]} tensors @param {number} dataLength */
function gguf(values, tensors, dataLength, alignment = 32) {
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(values.length),
    ...values,
    ...tensors,
  ]);
  const padding = (alignment - (header.length % alignment)) % alignment;
  return Buffer.concat([header, Buffer.alloc(padding), filler(dataLength)]);
}

/** @param {number} type @param {number[]} dims */
const tensor = (type, dims, offset = 0, name = 'w') =>
  Buffer.concat([string(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset)]);

const sizes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  U16: 2,
  U32: 4,
  U64: 8,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
};

/** @type {Record<string, Buffer>} */
const safetensorsSeeds = {
  nothing: safetensors({}, 0),
  metadata: safetensors({ __metadata__: { format: 'pt', 'a\n"\\': '🦶\u0001' } }, 0),
  scalar: safetensors({ s: { dtype: 'F32', shape: [], data_offsets: [0, 4] } }, 4),
  empty: safetensors({ e: { dtype: 'F32', shape: [0, 3], data_offsets: [0, 0] } }, 0),
  two: safetensors(
    {
      a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      b: { dtype: 'BF16', shape: [2, 2], data_offsets: [8, 16] },
    },
    16,
  ),
};
for (const [dtype, size] of Object.entries(sizes)) {
  safetensorsSeeds[dtype] = safetensors({ x: { dtype, shape: [3], data_offsets: [0, 3 * size] } }, 3 * size);
}

/** ggml type number: [elements, bytes] of a block. @type {Record<number, [number, number]>} */
const blocks = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  3: [32, 20],
  6: [32, 22],
  7: [32, 24],
  8: [32, 34],
  12: [256, 144],
  13: [256, 176],
  14: [256, 210],
  24: [1, 1],
  27: [1, 8],
  28: [1, 8],
  30: [1, 2],
};

/** Bytes of a metadata value of each type but string and array. @type {Record<number, number>} */
const scalars = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };

/** @type {Record<string, Buffer>} */
const ggufSeeds = {
  nothing: gguf([], [], 0),
  text: gguf([Buffer.concat([string('general.name'), u32(8), string('naïve 🦶')])], [], 0),
  texts: gguf([Buffer.concat([string('t'), u32(9), u32(8), u64(2), string('a'), string('')])], [], 0),
  aligned: gguf([Buffer.concat([string('general.alignment'), u32(4), u32(64)])], [tensor(0, [2])], 8, 64),
  two: gguf([], [tensor(0, [2], 0, 'a'), tensor(1, [2, 2], 32, 'b')], 40),
};
for (const [type, size] of Object.entries(scalars)) {
  const value = Buffer.concat([string('k'), u32(Number(type)), Buffer.alloc(size)]);
  const array = Buffer.concat([string('a'), u32(9), u32(Number(type)), u64(2), Buffer.alloc(2 * size)]);
  ggufSeeds[`value${type}`] = gguf([value, array], [], 0);
}
for (const [type, [elements, size]] of Object.entries(blocks)) {
  ggufSeeds[`tensor${type}`] = gguf([], [tensor(Number(type), [elements, 2])], 2 * size);
}

/** Options, then two sequences: equal, periodic, unrelated, near the autojunk limit. @param {number[]} head @param {string} text */
const pair = (head, text) => Buffer.concat([Buffer.from(head), Buffer.from(text)]);
const pairs = [
  pair([2, 0, 128, 0], 'a'.repeat(600)),
  pair([3, 1, 128, 0], 'abcab'.repeat(100)),
  pair([25, 2, 100, 0], filler(900).toString('latin1')),
  pair([63, 3, 128, 0], 'The quick brown fox jumps over the lazy dog. '.repeat(20)),
  pair([5, 1, 32, 0], filler(6000).toString('latin1')),
];
mkdirSync(join(folder, 'sequence_matcher'), { recursive: true });
pairs.forEach((bytes, i) => {
  writeFileSync(join(folder, 'sequence_matcher', `pair${i}`), bytes);
});

for (const [format, seeds] of Object.entries({ safetensors: safetensorsSeeds, gguf: ggufSeeds })) {
  mkdirSync(join(folder, format), { recursive: true });
  for (const [name, bytes] of Object.entries(seeds)) writeFileSync(join(folder, format, name), bytes);
  const fixture = fileURLToPath(new URL(`../../test/fixtures/io/types.${format}`, import.meta.url));
  copyFileSync(fixture, join(folder, format, 'fixture'));
}
