/** Good files cut short and with bits turned over: read, or refused by name; never a crash, never anything else. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { readGgufHeader, readSafetensorsHeader, readTensor } from '../../bindings/io.js';
import { fixture, save, scratchFolder } from './files.js';

vi.setConfig({ testTimeout: 120_000 });
const folder = scratchFolder();

interface Header {
  tensors: { name: string; shape: number[]; type?: string; dtype?: string }[];
}

/** Reads everything but the integers, which have no float32 values; returns whether the file was accepted. */
function accepts(path: string, readHeader: (path: string) => Header): boolean {
  try {
    for (const { name, shape, type, dtype = type } of readHeader(path).tensors) {
      if (/^(I|U|BOOL)/.test(dtype!)) continue;
      const { values } = readTensor(path, name);
      expect(values.length).toBe(shape.reduce((product, extent) => product * extent, 1));
    }
    return true;
  } catch (error) {
    expect((error as { code?: string }).code, (error as Error).message).toBe('FOOTHOLD_FORMAT');
    expect((error as Error).message.length).toBeLessThan(path.length + 600);
    return false;
  }
}

const formats: [string, (path: string) => Header, number][] = [
  ['types.gguf', readGgufHeader, 2200],
  ['types.safetensors', readSafetensorsHeader, 1900],
];

it.each(formats)('%s with a few bits turned over', (name, readHeader, headerBytes) => {
  const good = readFileSync(fixture(name));
  // Mostly in the header: the weights are not what a reader can stumble over.
  const bit = fc.oneof({ weight: 9, arbitrary: fc.nat(headerBytes * 8 - 1) }, fc.nat(good.length * 8 - 1));
  fc.assert(
    fc.property(fc.array(bit, { minLength: 1, maxLength: 4 }), (bits) => {
      const bytes = Buffer.from(good);
      for (const i of bits) bytes[i >> 3]! ^= 1 << (i & 7);
      accepts(save(folder, name, bytes), readHeader);
    }),
    { numRuns: 1500 },
  );
});

it.each(formats)('%s with a word replaced by an extreme one', (name, readHeader, headerBytes) => {
  const good = readFileSync(fixture(name));
  const word = fc.constantFrom(0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 62n, 2n ** 63n, 2n ** 64n - 1n);
  fc.assert(
    fc.property(fc.nat(headerBytes - 8), word, (at, value) => {
      const bytes = Buffer.from(good);
      bytes.writeBigUInt64LE(value, at);
      accepts(save(folder, name, bytes), readHeader);
    }),
    { numRuns: 1500 },
  );
});

it.each(formats)('%s cut at any place is refused', (name, readHeader, headerBytes) => {
  const good = readFileSync(fixture(name));
  // The last tensor's padding, if there is any, is the one part that may be missing.
  for (let length = 0; length < good.length - 32; length += length < headerBytes ? 1 : 97) {
    expect(accepts(save(folder, name, good.subarray(0, length)), readHeader), `${length} bytes`).toBe(false);
  }
});
