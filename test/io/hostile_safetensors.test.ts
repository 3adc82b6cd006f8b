/** Damaged and malicious safetensors files: each gives a named error. */
import { describe, expect, it } from 'vitest';
import { readSafetensorsHeader } from '../../bindings/io.js';
import { safetensorsBytes, save, scratchFolder, thrownBy, u64 } from './files.js';

const folder = scratchFolder();

const f32 = (begin: number | bigint, end: number | bigint, shape: (number | string)[] = [1]): string =>
  `{"dtype":"F32","shape":[${shape}],"data_offsets":[${begin},${end}]}`;
const good = safetensorsBytes(`{"x":${f32(0, 4)}}`, 4);

const table: [string, Uint8Array, RegExp][] = [
  ['an empty file', Buffer.alloc(0), /is not a safetensors file: it has 0 bytes/],
  ['less than a header length', Buffer.alloc(7), /it has 7 bytes/],
  ['a header longer than the file', safetensorsBytes('{}', 0, 1000n), /truncated: its header should have 1000 bytes/],
  ['a header of over 100 MB', safetensorsBytes('{}', 0, 100_000_001n), /claims a header of 100000001 bytes/],
  ['a header of 2^64 - 1 bytes', safetensorsBytes('{}', 0, 2n ** 64n - 1n), /claims a header of 18446744073709551615/],
  ['a header of no bytes', u64(0), /does not begin with '\{'/],
  ['something else', Buffer.from('\x02\0\0\0\0\0\0\0[]'), /does not begin with '\{'/],
  ['no end of the object', safetensorsBytes('{"x":'), /malformed at byte 13: expected '\{', found the end/],
  ['text after the header', safetensorsBytes('{}{}'), /malformed at byte 10: expected nothing more/],
  ['a comma too many', safetensorsBytes(`{"x":${f32(0, 4)},}`, 4), /expected a string, found "\}"/],
  ['single quotes', safetensorsBytes("{'x':{}}"), /expected a string/],
  ['a control character in a string', safetensorsBytes('{"a\nb":{}}'), /expected an escaped control character/],
  ['an unknown escape', safetensorsBytes('{"a\\x41":{}}'), /expected an escape sequence/],
  ['half a surrogate pair', safetensorsBytes('{"\\ud83d":{}}'), /expected a pair of surrogates/],
  ['a low surrogate first', safetensorsBytes('{"\\udc00\\ud83d":{}}'), /expected a pair of surrogates/],
  ['bad hexadecimal digits', safetensorsBytes('{"\\u00g0":{}}'), /expected four hexadecimal digits/],
  ['an escape cut short', safetensorsBytes('{"\\u00'), /expected four hexadecimal digits/],
  ['bytes that are not UTF-8', safetensorsBytes(Buffer.from('{"\xff":{}}', 'latin1')), /not valid UTF-8/],
  ['an overlong encoding', safetensorsBytes(Buffer.from('{"\xc0\x80":{}}', 'latin1')), /not valid UTF-8/],
  ['an encoded surrogate', safetensorsBytes(Buffer.from('{"\xed\xa0\x80":{}}', 'latin1')), /not valid UTF-8/],
  ['UTF-8 cut by the quote', safetensorsBytes(Buffer.from('{"\xf0\x9f":{}}', 'latin1')), /not valid UTF-8/],
  ['two tensors of one name', safetensorsBytes(`{"x":${f32(0, 4)},"x":${f32(4, 8)}}`, 8), /two tensors named "x"/],
  ['one name spelled twice', safetensorsBytes(`{"x":${f32(0, 4)},"\\u0078":${f32(4, 8)}}`, 8), /two tensors named "x"/],
  ['two metadata entries', safetensorsBytes('{"__metadata__":{},"__metadata__":{}}'), /two entries "__metadata__"/],
  ['a repeated metadata key', safetensorsBytes('{"__metadata__":{"a":"1","a":"2"}}'), /two metadata values named "a"/],
  ['metadata that is no text', safetensorsBytes('{"__metadata__":{"a":1}}'), /expected a string, found "1\}\}"/],
  ['a repeated field', safetensorsBytes('{"x":{"dtype":"F32","dtype":"F32"}}'), /repeated field "dtype"/],
  ['an unknown field', safetensorsBytes('{"x":{"stride":[1]}}'), /unexpected or repeated field "stride"/],
  ['a missing field', safetensorsBytes('{"x":{"dtype":"F32","shape":[1]}}'), /needs a dtype, a shape and two data_off/],
  ['an empty entry', safetensorsBytes('{"x":{}}'), /tensor "x" needs a dtype/],
  ['a tensor that is no object', safetensorsBytes('{"x":[[[[[[]]]]]]}'), /expected '\{', found "\[/],
  ['a deeply nested value', safetensorsBytes(`{"x":${'['.repeat(1e6)}`), /expected '\{', found "\[/],
  ['one offset', safetensorsBytes('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}'), /two data_offsets/],
  [
    'three offsets',
    safetensorsBytes('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,1,2]}}'),
    /more than 2 data_offsets/,
  ],
  ['an unknown type', safetensorsBytes('{"x":{"dtype":"F12"}}'), /unknown dtype "F12"; expected one of F64, F32, F16/],
  ['a quantised type', safetensorsBytes('{"x":{"dtype":"Q4_0"}}'), /unknown dtype "Q4_0"/],
  ['a type that is no string', safetensorsBytes('{"x":{"dtype":1}}'), /expected a string/],
  [
    'too many metadata values',
    safetensorsBytes(`{"__metadata__":{${Array.from({ length: 65_537 }, (_, i) => `"${i}":""`)}}}`),
    /has more than 65536 metadata values/,
  ],
  ['a negative dimension', safetensorsBytes(`{"x":${f32(0, 4, [-1])}}`, 4), /expected an unsigned integer/],
  ['65 dimensions', safetensorsBytes(`{"x":${f32(0, 4, Array(65).fill(1))}}`, 4), /more than 64 dimensions/],
  ['a fraction', safetensorsBytes(`{"x":${f32(0, 4, ['1.0'])}}`, 4), /expected an integer, found ".0\]/],
  ['an exponent', safetensorsBytes(`{"x":${f32(0, 4, ['1e0'])}}`, 4), /expected an integer/],
  ['a leading zero', safetensorsBytes(`{"x":${f32(0, 4, ['01'])}}`, 4), /without leading zeros/],
  ['a number beyond 2^64', safetensorsBytes(`{"x":${f32(0, 2n ** 64n)}}`, 4), /unsigned integer below 2\^64/],
  ['a dimension beyond 2^63', safetensorsBytes(`{"x":${f32(0, 4, [String(2n ** 63n)])}}`, 4), /overflowing shape/],
  ['a product beyond 2^63', safetensorsBytes(`{"x":${f32(0, 4, Array(3).fill(2 ** 31))}}`, 4), /overflowing shape/],
  ['an overflow hidden by a zero', safetensorsBytes(`{"x":${f32(0, 0, [2 ** 40, 0, 2 ** 40])}}`), /overflowing shape/],
  ['bytes beyond 2^64', safetensorsBytes(`{"x":${f32(0, 4, [String(2n ** 62n + 1n)])}}`, 4), /overflowing shape/],
  ['a size unlike the shape', safetensorsBytes(`{"x":${f32(0, 8)}}`, 8), /dtype F32 and shape take 4 bytes/],
  ['an end before the beginning', safetensorsBytes(`{"x":${f32(4, 0)}}`, 4), /data_offsets \[4, 0\]: outside/],
  ['an end beyond the file', safetensorsBytes(`{"x":${f32(0, 4)}}`, 3), /outside the file's 3 bytes of data/],
  ['offsets near 2^64', safetensorsBytes(`{"x":${f32(2n ** 64n - 4n, 2n ** 64n - 1n)}}`, 4), /outside the file's/],
  ['tensors that overlap', safetensorsBytes(`{"x":${f32(0, 8, [2])},"y":${f32(4, 8)}}`, 8), /"y".*: overlaps/],
  ['the same data twice', safetensorsBytes(`{"x":${f32(0, 4)},"y":${f32(0, 4)}}`, 4), /"y".*: overlaps/],
  ['a gap', safetensorsBytes(`{"x":${f32(0, 4)},"y":${f32(8, 12)}}`, 12), /"y".*: leaves a gap/],
  ['a gap before the first', safetensorsBytes(`{"x":${f32(4, 8)}}`, 8), /"x".*: leaves a gap/],
  ['bytes after the last', safetensorsBytes(`{"x":${f32(0, 4)}}`, 5), /has 1 bytes after its last tensor/],
  ['a truncated download', good.subarray(0, good.length - 1), /outside the file's 3 bytes of data\. Is it truncated/],
];

describe('a safetensors file with', () => {
  it.each(table)('%s', (_, bytes, message) => {
    const path = save(folder, 'bad.safetensors', bytes);
    const error = thrownBy(() => readSafetensorsHeader(path));
    expect(error.code).toBe('FOOTHOLD_FORMAT');
    expect(error.message.startsWith(`${path}: `)).toBe(true);
    expect(error.message).toMatch(message);
  });
});

it('is read when nothing is wrong', () => {
  expect(readSafetensorsHeader(save(folder, 'good.safetensors', good)).tensors).toHaveLength(1);
});

it('keeps a hostile name short and harmless in the message', () => {
  const name = `\\u001b[31m${'n'.repeat(100_000)}`;
  const path = save(folder, 'name.safetensors', safetensorsBytes(`{"${name}":{}}`));
  const { message } = thrownBy(() => readSafetensorsHeader(path));
  expect(message).toContain('tensor "\\x1B[31mnnn');
  expect(message.length).toBeLessThan(path.length + 300);
});
