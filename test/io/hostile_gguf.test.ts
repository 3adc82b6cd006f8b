/** Damaged and malicious GGUF files: each gives a named error. */
import { describe, expect, it } from 'vitest';
import { readGgufHeader, readTensor } from '../../bindings/io.js';
import {
  ggufBytes,
  ggufString,
  ggufTensor,
  ggufType,
  ggufValue,
  save,
  scratchFolder,
  thrownBy,
  u8,
  u32,
  u64,
} from './files.js';

const folder = scratchFolder();

const huge = 2n ** 64n - 1n;
const notUtf8 = Buffer.from([0x61, 0xff]);
const withValue = (...parts: Parameters<typeof ggufValue>): Buffer => ggufBytes({ values: [ggufValue(...parts)] });
const withTensor = (tensor: Buffer, dataLength = 32): Buffer => ggufBytes({ tensors: [tensor], dataLength });
const alignmentOf = (value: number): Buffer =>
  ggufBytes({ values: [ggufValue('general.alignment', ggufType.u32, u32(value))] });
const good = ggufBytes({
  values: [ggufValue('general.name', ggufType.string, ggufString('tiny'))],
  tensors: [ggufTensor('x', [8]), ggufTensor('y', [1], { offset: 32 })],
  dataLength: 36,
});

const table: [string, Uint8Array, RegExp][] = [
  ['no bytes', Buffer.alloc(0), /truncated or damaged: the magic number at byte 0 takes 4 bytes, only 0 are left/],
  ['another magic number', ggufBytes({ magic: 'GGML' }), /does not begin with "GGUF"/],
  ['version 1', ggufBytes({ version: u32(1) }), /GGUF version 1; versions 2 and 3 are supported/],
  ['version 4', ggufBytes({ version: u32(4) }), /GGUF version 4/],
  ['version 0', ggufBytes({ version: u32(0) }), /GGUF version 0/],
  ['the other byte order', ggufBytes({ version: Buffer.from([0, 0, 0, 3]) }), /big-endian GGUF file/],
  ['a header cut after the version', good.subarray(0, 8), /truncated or damaged/],
  ['a header cut in the metadata', good.subarray(0, 40), /truncated or damaged/],
  ['an absurd count of tensors', ggufBytes({ numTensors: huge }), /claims 18446744073709551615 tensors/],
  ['an absurd count of values', ggufBytes({ numValues: huge }), /claims 18446744073709551615 metadata values/],
  [
    'too many values',
    ggufBytes({ values: Array.from({ length: 65_537 }, (_, i) => ggufValue(`${i}`, ggufType.u8, u8(0))) }),
    /claims 65537 metadata values; at most 65536 are allowed/,
  ],
  [
    'too many array elements',
    withValue('a', ggufType.array, u32(ggufType.u8), u64(2 ** 24 + 1), Buffer.alloc(2 ** 24 + 1)),
    /claims 16777217 elements in metadata "a"; at most 16777216 are allowed/,
  ],
  [
    'too many array elements together',
    ggufBytes({
      values: ['a', 'b'].map((key) =>
        ggufValue(key, ggufType.array, u32(ggufType.u8), u64(2 ** 23 + 1), Buffer.alloc(2 ** 23 + 1)),
      ),
    }),
    /claims 8388609 elements in metadata "b"; at most 8388607 are allowed/,
  ],
  [
    'a header of over 100 MB',
    withValue('a', ggufType.string, ggufString(Buffer.alloc(100_000_001, 'a'))),
    /header of more than 100000000 bytes/,
  ],
  ['a count that wraps around', ggufBytes({ numValues: 2n ** 63n }), /claims 9223372036854775808 metadata values/],
  ['more tensors than it has', ggufBytes({ tensors: [ggufTensor('x', [1])], numTensors: 2n, dataLength: 4 }), /trunc/],
  [
    'an absurd length of a key',
    ggufBytes({ values: [Buffer.concat([u64(huge), Buffer.alloc(64)])] }),
    /a metadata key/,
  ],
  ['an absurd length of a string', withValue('a', ggufType.string, u64(huge), Buffer.alloc(64)), /the value of "a"/],
  [
    'an absurd length of an array',
    withValue('a', ggufType.array, u32(ggufType.u64), u64(2n ** 61n)),
    /elements in meta/,
  ],
  ['an array that wraps around', withValue('a', ggufType.array, u32(ggufType.u64), u64(2n ** 61n + 1n)), /elements in/],
  [
    'an absurd count of strings',
    withValue('a', ggufType.array, u32(ggufType.string), u64(huge)),
    /strings in metadata/,
  ],
  [
    'strings that end early',
    withValue('a', ggufType.array, u32(ggufType.string), u64(2), ggufString('b')),
    /truncated/,
  ],
  ['an array of arrays', withValue('a', ggufType.array, u32(ggufType.array), u64(1)), /"a" is an array of arrays/],
  ['an unknown type', withValue('a', 13, u64(0)), /metadata "a" has the unknown type 13; expected 0 to 12/],
  ['an unknown element type', withValue('a', ggufType.array, u32(99), u64(0)), /unknown type 99/],
  ['a boolean of 2', withValue('a', ggufType.bool, u8(2)), /metadata "a" is no boolean: 2/],
  [
    'an array with a boolean of 2',
    withValue('a', ggufType.array, u32(ggufType.bool), u64(1), u8(2)),
    /neither 0 nor 1/,
  ],
  ['a key that is not UTF-8', withValue(notUtf8, ggufType.u8, u8(0)), /a metadata key is not valid UTF-8: "a\\xFF"/],
  ['a string that is not UTF-8', withValue('a', ggufType.string, ggufString(notUtf8)), /the value of "a" is not valid/],
  ['a name that is not UTF-8', withTensor(ggufTensor(notUtf8, [1])), /a tensor's name is not valid UTF-8/],
  ['a key of over 64 KiB', withValue('k'.repeat(65_536), ggufType.u8, u8(0)), /is longer than 65535 bytes/],
  ['a repeated key', ggufBytes({ values: Array(2).fill(ggufValue('a', 0, u8(0))) }), /two metadata values named "a"/],
  [
    'a repeated tensor',
    ggufBytes({ tensors: Array(2).fill(ggufTensor('x', [1])), dataLength: 8 }),
    /two tensors named "x"/,
  ],
  ['an alignment of 0', alignmentOf(0), /general.alignment must be a uint32 and a power of two of at least 8/],
  ['an alignment of 48', alignmentOf(48), /general.alignment must be/],
  [
    'an alignment of 2^31 and no data',
    ggufBytes({
      values: [ggufValue('general.alignment', ggufType.u32, u32(2 ** 31))],
      tensors: [ggufTensor('x', [1])],
    }),
    /outside the file's 0 bytes of data/,
  ],
  ['an alignment of another type', withValue('general.alignment', ggufType.u64, u64(32)), /general.alignment must be/],
  ['an absurd rank', withTensor(ggufTensor('x', [1], { rank: 2 ** 32 - 1 })), /4294967295 dimensions; at most 4/],
  ['five dimensions', withTensor(ggufTensor('x', [1, 1, 1, 1, 1])), /has 5 dimensions/],
  ['a dimension beyond 2^63', withTensor(ggufTensor('x', [2n ** 63n])), /overflowing shape/],
  ['a product beyond 2^63', withTensor(ggufTensor('x', [2n ** 32n, 2n ** 32n])), /overflowing shape/],
  ['bytes beyond 2^64', withTensor(ggufTensor('x', [2n ** 62n + 1n])), /overflowing shape/],
  ['rows that are not whole blocks', withTensor(ggufTensor('x', [31, 32], { type: 2 })), /whole blocks of 32 elements/],
  [
    'a type not decoded',
    withTensor(ggufTensor('x', [256], { type: 23 })),
    /"x" has the type IQ4_XS, which is not supp/,
  ],
  [
    'an unknown tensor type',
    withTensor(ggufTensor('x', [1], { type: 1000 })),
    /type number 1000, which is not supported/,
  ],
  [
    'an offset off the alignment',
    withTensor(ggufTensor('x', [1], { offset: 4 })),
    /offset 4 is not aligned to 32 bytes/,
  ],
  [
    'an offset beyond the file',
    withTensor(ggufTensor('x', [1], { offset: 64 })),
    /needs 4 bytes, outside the file's 32/,
  ],
  ['an offset near 2^64', withTensor(ggufTensor('x', [1], { offset: 2n ** 64n - 32n })), /outside the file's/],
  [
    'tensors that overlap',
    ggufBytes({
      tensors: [ggufTensor('x', [16]), ggufTensor('y', [1], { offset: 32 })],
      dataLength: 64,
    }),
    /tensor "y" overlaps "x"/,
  ],
  ['a truncated download', good.subarray(0, good.length - 1), /"y" at offset 32 needs 4 bytes.*Is it truncated/],
];

describe('a GGUF file with', () => {
  it.each(table)('%s', (_, bytes, message) => {
    const path = save(folder, 'bad.gguf', bytes);
    const error = thrownBy(() => readGgufHeader(path));
    expect(error.code).toBe('FOOTHOLD_FORMAT');
    expect(error.message.startsWith(`${path}: `)).toBe(true);
    expect(error.message).toMatch(message);
  });
});

it('is read when nothing is wrong', () => {
  const path = save(folder, 'good.gguf', good);
  expect(readGgufHeader(path)).toEqual({
    version: 3,
    metadata: { 'general.name': 'tiny' },
    tensors: [
      { name: 'x', type: 'F32', shape: [8] },
      { name: 'y', type: 'F32', shape: [1] },
    ],
  });
  expect(readTensor(path, 'y').values).toEqual(new Float32Array(1));
});

it('honours an alignment of its own', () => {
  const bytes = ggufBytes({
    values: [ggufValue('general.alignment', ggufType.u32, u32(256))],
    tensors: [ggufTensor('x', [1])],
    alignment: 256,
    dataLength: 4,
  });
  bytes.writeFloatLE(2.5, 256);
  expect(readTensor(save(folder, 'aligned.gguf', bytes), 'x').values).toEqual(new Float32Array([2.5]));
});
