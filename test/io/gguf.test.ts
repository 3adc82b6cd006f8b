import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readGgufHeader, readTensor, type TypedGgufValue, writeGguf } from '../../bindings/io.js';
import type { GgufValue } from '../../bindings/torch.js';
import { bitsOf, decodeFloats, type Expected, fixture, readJson, save, scratchFolder } from './files.js';

const folder = scratchFolder();
const path = fixture('types.gguf');
const expected = readJson<{
  metadata: { key: string; value: unknown }[];
  tensors: (Expected & { type: string })[];
}>('types.json');

/** Digits of a bigint where the fixture has them. */
const plain = (value: GgufValue): unknown =>
  Array.isArray(value) ? value.map(plain) : typeof value === 'bigint' ? value.toString() : value;

describe('reading what the gguf package wrote', () => {
  const header = readGgufHeader(path);

  it('has the version and nothing but the tensors that were written', () => {
    expect(header.version).toBe(3);
    expect(header.tensors).toEqual(expected.tensors.map(({ name, type, shape }) => ({ name, type, shape })));
  });

  it.each(expected.metadata.map(({ key, value }) => [key, value]))('reads the metadata value %j', (key, value) => {
    expect(Object.hasOwn(header.metadata, key as string)).toBe(true);
    expect(plain(header.metadata[key as string]!)).toEqual(value);
  });

  it('gives integers beyond 2^53 as bigints and others as numbers', () => {
    expect(header.metadata['u64.big']).toBe(2n ** 64n - 1n);
    expect(header.metadata['i64.big']).toBe(-(2n ** 63n));
    expect(header.metadata.u64).toBe(Number.MAX_SAFE_INTEGER);
    expect(header.metadata.i64).toBe(Number.MIN_SAFE_INTEGER);
  });

  it.each(expected.tensors.map((tensor) => [tensor.name, tensor] as const))(
    'dequantises %s exactly',
    (name, tensor) => {
      const { shape, values } = readTensor(path, name);
      expect(shape).toEqual(tensor.shape);
      expect(bitsOf(values)).toEqual(bitsOf(decodeFloats(tensor.values)));
    },
  );

  it('reads version 2, which has the same layout', () => {
    const bytes = readFileSync(path);
    bytes.writeUInt32LE(2, 4);
    expect(readGgufHeader(save(folder, 'version2.gguf', bytes))).toEqual({ ...header, version: 2 });
  });
});

describe('writing', () => {
  const metadata: Record<string, TypedGgufValue> = {
    'general.architecture': { type: 'String', value: 'llama' },
    u8: { type: 'U8', value: 255 },
    i8: { type: 'I8', value: -128 },
    u16: { type: 'U16', value: 65535 },
    i16: { type: 'I16', value: -32768 },
    u32: { type: 'U32', value: 4294967295 },
    i32: { type: 'I32', value: -2147483648 },
    f32: { type: 'F32', value: 0.5 },
    bool: { type: 'Bool', value: true },
    u64: { type: 'U64', value: 2n ** 64n - 1n },
    i64: { type: 'I64', value: -(2n ** 63n) },
    f64: { type: 'F64', value: 0.1 },
    tokens: { type: 'Array', elementType: 'String', value: ['Ġthe', '', '日本'] },
    scores: { type: 'Array', elementType: 'F32', value: [0.25, -1] },
    flags: { type: 'Array', elementType: 'Bool', value: [true, false] },
    none: { type: 'Array', elementType: 'I32', value: [] },
  };

  it('reads back metadata of every type', async () => {
    const out = join(folder, 'metadata.gguf');
    await writeGguf(out, [], metadata);
    const values = Object.fromEntries(Object.entries(metadata).map(([key, { value }]) => [key, value]));
    expect(readGgufHeader(out)).toEqual({ version: 3, metadata: values, tensors: [] });
  });

  it.each(['F32', 'F16', 'BF16'] as const)('reads back tensors in %s', async (dtype) => {
    const out = join(folder, `${dtype}.gguf`);
    const values = Float32Array.from({ length: 30 }, (_, i) => i - 7);
    await writeGguf(out, [
      { name: 'first', dtype, shape: [2, 3, 5], values },
      { name: 'second', dtype, shape: [1], values: new Float32Array([9]) },
    ]);
    expect(readGgufHeader(out).tensors).toEqual([
      { name: 'first', type: dtype, shape: [2, 3, 5] },
      { name: 'second', type: dtype, shape: [1] },
    ]);
    expect(readTensor(out, 'first')).toEqual({ shape: [2, 3, 5], values });
    expect(readTensor(out, 'second').values).toEqual(new Float32Array([9]));
  });

  it('takes values from functions, each when it is its turn, and frees them', async () => {
    const values = Float32Array.from({ length: 64 }, (_, i) => i / 8);
    const given: { name: string; values: Float32Array }[] = [];
    const give = (name: string) => () => {
      expect(given.map(({ values }) => values.length)).toEqual(given.map(() => 0));
      given.push({ name, values: values.slice() });
      return given.at(-1)!.values;
    };
    const [out, plain] = [join(folder, 'lazy.gguf'), join(folder, 'plain.gguf')];
    const described = (name: string) => ({ name, dtype: 'Q8_0' as const, shape: [2, 32] });
    await writeGguf(
      out,
      ['a', 'b', 'c'].map((name) => ({ ...described(name), values: give(name) })),
    );
    expect(given.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    await writeGguf(
      plain,
      ['a', 'b', 'c'].map((name) => ({ ...described(name), values })),
    );
    expect(readFileSync(out)).toEqual(readFileSync(plain));
  });

  it('leaves nothing where a function fails or gives too little', async () => {
    const empty = join(folder, 'nothing');
    mkdirSync(empty);
    const x = { name: 'x', dtype: 'F32' as const, shape: [1], values: new Float32Array(1) };
    const written = (values: () => Float32Array) => writeGguf(join(empty, 'x.gguf'), [x, { ...x, name: 'y', values }]);
    const failing = () => {
      throw new RangeError('no such shard');
    };
    await expect(written(failing)).rejects.toThrow(new RangeError('no such shard'));
    await expect(written(() => new Float32Array(2))).rejects.toThrow(/"y": shape does not match its 2 values/);
    await expect(written(() => [0] as never)).rejects.toThrow(/"y": values must be a Float32Array/);
    expect(readdirSync(empty)).toEqual([]);
  });

  it('quantises to Q8_0 as the gguf package does', async () => {
    const out = join(folder, 'q8.gguf');
    const { shape, values } = readTensor(path, 'q8.source');
    await writeGguf(out, [{ name: 'x', dtype: 'Q8_0', shape, values }]);
    const bytes = readFileSync(out);
    const blocks = bytes.subarray(bytes.length - (values.length / 32) * 34);
    // The quantised fixture is the file's last tensor, padded to the alignment.
    const reference = readFileSync(path);
    expect(reference.includes(blocks)).toBe(true);
    expect(bitsOf(readTensor(out, 'x').values)).toEqual(bitsOf(readTensor(path, 'q8.quantised').values));
  });

  it('has zeros in Q8_0 for what is too small to scale', async () => {
    const out = join(folder, 'tiny.gguf');
    await writeGguf(out, [{ name: 'x', dtype: 'Q8_0', shape: [32], values: new Float32Array(32).fill(1e-38) }]);
    expect(readTensor(out, 'x').values).toEqual(new Float32Array(32));
  });

  const x = { name: 'x', dtype: 'F32', shape: [1], values: new Float32Array(1) } as const;
  const q8 = (value: number) => ({ ...x, dtype: 'Q8_0', shape: [32], values: new Float32Array(32).fill(value) });
  const table: [string, unknown[], unknown, RegExp][] = [
    ['rows that are not whole blocks', [{ ...x, dtype: 'Q8_0' }], {}, /"x": shape does not match/],
    ['NaN in Q8_0', [q8(Number.NaN)], {}, /Q8_0 holds neither NaN nor infinity/],
    ['infinity in Q8_0', [q8(-1 / 0)], {}, /Q8_0 holds neither NaN nor infinity/],
    ['more than four dimensions', [{ ...x, shape: [1, 1, 1, 1, 1] }], {}, /more than four dimensions/],
    ['a repeated name', [x, x], {}, /"x" is given twice/],
    ['an alignment of its own', [x], { 'general.alignment': { type: 'U32', value: 64 } }, /general.alignment/],
    ['an unknown type', [x], { a: { type: 'U128', value: 1 } }, /metadata "a": type is unknown: "U128"/],
    [
      'a number out of range',
      [x],
      { a: { type: 'U8', value: 256 } },
      /metadata "a" must be a whole number of 0 to 255/,
    ],
    ['a bigint out of range', [x], { a: { type: 'I64', value: 2n ** 63n } }, /metadata "a" must be a whole number/],
    ['a fraction', [x], { a: { type: 'I32', value: 0.5 } }, /metadata "a" must be a whole number/],
    ['no boolean', [x], { a: { type: 'Bool', value: 1 } }, /metadata "a" must be a boolean/],
    ['no number', [x], { a: { type: 'F32', value: '1' } }, /metadata "a" must be a number/],
    ['nested arrays', [x], { a: { type: 'Array', elementType: 'Array', value: [] } }, /arrays of arrays/],
  ];
  it.each(table)('refuses %s', async (_, tensors, bad, message) => {
    await expect(writeGguf(join(folder, 'refused.gguf'), tensors as never, bad as never)).rejects.toThrow(message);
  });
});

it('reads a vocabulary of 150,000 tokens in linear time', async () => {
  const out = join(folder, 'vocabulary.gguf');
  const tokens = Array.from({ length: 150_000 }, (_, i) => `token ${i}`);
  await writeGguf(out, [], {
    tokens: { type: 'Array', elementType: 'String', value: tokens },
    types: { type: 'Array', elementType: 'I32', value: tokens.map((_, i) => i) },
  });
  const start = performance.now();
  const { metadata } = readGgufHeader(out);
  expect(performance.now() - start).toBeLessThan(5000); // takes 0.2 s; room for a busy machine
  expect((metadata.tokens as string[])[149_999]).toBe('token 149999');
  expect((metadata.types as number[])[149_999]).toBe(149_999);
});
