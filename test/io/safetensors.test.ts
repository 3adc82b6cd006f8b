import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensorsHeader, readTensor, type TensorToWrite, writeSafetensors } from '../../bindings/io.js';
import {
  bitsOf,
  canonicalBits,
  decodeFloats,
  type Expected,
  fixture,
  readJson,
  safetensorsBytes,
  save,
  scratchFolder,
  thrownBy,
} from './files.js';

const folder = scratchFolder();

/** The bytes of one tensor, found by this test's own reading of the header. */
function rawBytes(path: string, name: string): Buffer {
  const file = readFileSync(path);
  const start = 8 + Number(file.readBigUInt64LE());
  const [begin, end] = JSON.parse(file.toString('utf8', 8, start))[name].data_offsets;
  return file.subarray(start + begin, start + end);
}

describe('reading what the safetensors package wrote', () => {
  const path = fixture('types.safetensors');
  const expected = readJson<{ metadata: Record<string, string>; tensors: Expected[] }>('types.safetensors.json');

  it('lists metadata, names, types and shapes', () => {
    const header = readSafetensorsHeader(path);
    expect(Object.entries(header.metadata).sort()).toEqual(Object.entries(expected.metadata).sort());
    const names = new Map(header.tensors.map((tensor) => [tensor.name, tensor]));
    expect(names.size).toBe(19 - 1);
    for (const { name, shape } of expected.tensors) expect(names.get(name)?.shape).toEqual(shape);
    for (const dtype of ['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2', 'I64', 'I32', 'I16', 'I8', 'U8', 'U16']) {
      expect(names.get(dtype)?.dtype).toBe(dtype);
    }
    for (const dtype of ['U32', 'U64', 'BOOL']) expect(names.get(dtype)).toMatchObject({ dtype, shape: [3] });
  });

  it.each(expected.tensors.map((tensor) => [tensor.name, tensor] as const))(
    'converts %j to float32',
    (name, tensor) => {
      const { shape, values } = readTensor(path, name);
      expect(shape).toEqual(tensor.shape);
      expect(canonicalBits(values)).toEqual(canonicalBits(decodeFloats(tensor.values)));
    },
  );

  it('refuses to convert integers, and names a tensor that is not there', () => {
    expect(thrownBy(() => readTensor(path, 'I64'))).toMatchObject({ code: 'FOOTHOLD_FORMAT' });
    expect(thrownBy(() => readTensor(path, 'I64')).message).toContain('dtype I64');
    expect(thrownBy(() => readTensor(path, 'nosuch')).message).toBe(`${path}: has no tensor "nosuch"`);
  });

  it('converts all 65,536 float16 values as NumPy does', () => {
    const halves = new Uint16Array(65536).map((_, i) => i);
    const header = { all: { dtype: 'F16', shape: [65536], data_offsets: [0, 131072] } };
    const bytes = Buffer.concat([safetensorsBytes(header), new Uint8Array(halves.buffer)]);
    const { values } = readTensor(save(folder, 'halves.safetensors', bytes), 'all');
    const digest = createHash('sha256')
      .update(new Uint8Array(canonicalBits(values).buffer))
      .digest('hex');
    expect(digest).toBe(readJson<{ sha256: string }>('halves.json').sha256);
  });
});

describe('writing', () => {
  it.each(['F16', 'BF16'] as const)('rounds to %s as PyTorch does', (dtype) => {
    const { shape, values } = readTensor(fixture('rounding.safetensors'), 'source');
    const path = join(folder, `${dtype}.safetensors`);
    writeSafetensors(path, [{ name: dtype, dtype, shape, values }]);
    expect(rawBytes(path, dtype)).toEqual(rawBytes(fixture('rounding.safetensors'), dtype));
  });

  it.each(['F16', 'BF16'] as const)('keeps a NaN a NaN in %s', (dtype) => {
    // The payload of the last lies in the bits that are cut off.
    const values = new Float32Array(new Uint32Array([0x7fc00000, 0xffffffff, 0x7f800001]).buffer);
    const path = join(folder, 'nan.safetensors');
    writeSafetensors(path, [{ name: 'x', dtype, shape: [3], values }]);
    expect(readTensor(path, 'x').values.every(Number.isNaN)).toBe(true);
  });

  const tensors: TensorToWrite[] = [
    { name: 'b.bias', dtype: 'BF16', shape: [3], values: new Float32Array([1, -2, 0.5]) },
    { name: 'a "quoted" \\ name\n\u0001 🦶', dtype: 'F32', shape: [2, 2], values: new Float32Array([1, 2, 3, -0]) },
    { name: '', dtype: 'F16', shape: [], values: new Float32Array([7]) },
    { name: 'empty', dtype: 'F32', shape: [0, 5], values: new Float32Array(0) },
  ];
  const metadata = { format: 'pt', 'key "x"': 'line\nbreak \\ 🦶' };

  it('reads back what it wrote', () => {
    const path = join(folder, 'round_trip.safetensors');
    writeSafetensors(path, tensors, metadata);
    const header = readSafetensorsHeader(path);
    expect(header.metadata).toEqual(metadata);
    expect(header.tensors).toHaveLength(tensors.length);
    for (const { name, dtype, shape, values } of tensors) {
      expect(header.tensors).toContainEqual({ name, dtype, shape });
      expect(bitsOf(readTensor(path, name).values)).toEqual(bitsOf(values));
    }
  });

  it('aligns the data and every tensor in it to the element size', () => {
    const path = join(folder, 'aligned.safetensors');
    writeSafetensors(path, tensors, metadata);
    const file = readFileSync(path);
    const length = Number(file.readBigUInt64LE());
    expect(length % 8).toBe(0);
    const { __metadata__: _, ...entries } = JSON.parse(file.toString('utf8', 8, 8 + length));
    const sizes: Record<string, number> = { F32: 4, F16: 2, BF16: 2 };
    for (const entry of Object.values(entries) as { dtype: string; data_offsets: number[] }[]) {
      expect(entry.data_offsets[0]! % sizes[entry.dtype]!).toBe(0);
    }
  });

  it('replaces a file and leaves nothing else behind', () => {
    const inner = join(folder, 'replace');
    mkdirSync(inner);
    const path = join(inner, 'x.safetensors');
    writeFileSync(path, 'old');
    writeSafetensors(path, tensors);
    expect(readSafetensorsHeader(path).tensors).toHaveLength(4);
    expect(readdirSync(inner)).toEqual(['x.safetensors']);
  });

  it('names the file when it cannot be written, and leaves nothing behind', () => {
    const missing = join(folder, 'no', 'such', 'x.safetensors');
    const error = thrownBy(() => writeSafetensors(missing, tensors));
    expect(error.code).toBe('FOOTHOLD_IO');
    expect(error.message).toContain(missing);
    expect(error.message).toContain('No such file or directory');

    const occupied = join(folder, 'occupied');
    mkdirSync(join(occupied, 'x.safetensors', 'full'), { recursive: true });
    expect(thrownBy(() => writeSafetensors(join(occupied, 'x.safetensors'), tensors)).code).toBe('FOOTHOLD_IO');
    expect(readdirSync(occupied)).toEqual(['x.safetensors']);
  });

  const one = { name: 'x', dtype: 'F32', shape: [1], values: new Float32Array(1) } as const;
  const table: [string, unknown[], unknown, RegExp][] = [
    ['a repeated name', [one, one], {}, /"x" is given twice/],
    ['a reserved name', [{ ...one, name: '__metadata__' }], {}, /__metadata__/],
    ['a quantised type', [{ ...one, dtype: 'Q8_0', shape: [32], values: new Float32Array(32) }], {}, /quantised/],
    ['an unknown type', [{ ...one, dtype: 'F12' }], {}, /F32, F16, BF16 or Q8_0, not "F12"/],
    ['a shape of another size', [{ ...one, shape: [2] }], {}, /"x": shape does not match its 1 values/],
    ['a shape that is no shape', [{ ...one, shape: [1.5] }], {}, /"x": shape must be a whole number/],
    ['values of another kind', [{ ...one, values: [1] }], {}, /"x": values must be a Float32Array/],
    ['metadata that is no string', [one], { a: 1 }, /metadata "a" must be a string/],
  ];
  it.each(table)('refuses %s', (_, bad, badMetadata, message) => {
    const path = join(folder, 'refused.safetensors');
    const call = () => writeSafetensors(path, bad as TensorToWrite[], badMetadata as Record<string, string>);
    expect(call).toThrow(message);
    expect(readdirSync(folder)).not.toContain('refused.safetensors');
  });
});

describe('what cannot be opened', () => {
  it.each([
    ['no such file', () => join(folder, 'nosuch.safetensors'), 'No such file or directory'],
    ['a folder', () => folder, 'is not a regular file'],
    ['a device', () => '/dev/zero', 'is not a regular file'],
  ])('%s', (_, path, problem) => {
    const error = thrownBy(() => readSafetensorsHeader(path()));
    expect(error.code).toBe('FOOTHOLD_IO');
    expect(error.message).toContain(`${path()}: `);
    expect(error.message).toContain(problem);
  });

  it('a path that is no string', () => {
    expect(() => readSafetensorsHeader(undefined as never)).toThrow('path must be a string');
  });
});
