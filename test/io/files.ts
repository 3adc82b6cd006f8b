/** What the tests of model files share: fixtures, scratch files, and the bytes that formats are made of. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const fixtures = fileURLToPath(new URL('../fixtures/io/', import.meta.url));
export const fixture = (name: string): string => join(fixtures, name);
export const readJson = <T>(name: string): T => JSON.parse(readFileSync(fixture(name), 'utf8')) as T;

/** A tensor of a fixture with the values that the reference implementation reads. */
export interface Expected {
  name: string;
  shape: number[];
  /** Float32, little-endian, base64. */
  values: string;
}

/** Bits of the values, so that -0 differs from 0. */
export function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

/** Bits of float32 values with every NaN made the same. */
export function canonicalBits(values: Float32Array): Uint32Array {
  const bits = bitsOf(values.slice());
  values.forEach((value, i) => {
    if (Number.isNaN(value)) bits[i] = 0x7fc00000;
  });
  return bits;
}

export function decodeFloats(base64: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(base64, 'base64')).buffer);
}

/** A folder that goes away after the tests of the file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'foothold-io-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Writes `bytes` to a file of the folder and returns its path. */
export function save(folder: string, name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** What a call throws. */
export function thrownBy(call: () => unknown): Error & { code?: string } {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

export const u8 = (value: number): Buffer => Buffer.from([value]);

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** A safetensors file: the header as JSON text, bytes, or a value to be made JSON; then the data. */
export function safetensorsBytes(header: string | Uint8Array | object, dataLength = 0, headerLength?: bigint): Buffer {
  const json =
    typeof header === 'string' || header instanceof Uint8Array ? Buffer.from(header as string) : JSON.stringify(header);
  const bytes = Buffer.from(json);
  return Buffer.concat([u64(headerLength ?? bytes.length), bytes, Buffer.alloc(dataLength)]);
}

/** A GGUF string. */
export function ggufString(text: string | Uint8Array): Buffer {
  const bytes = Buffer.from(text as string);
  return Buffer.concat([u64(bytes.length), bytes]);
}

/** Numbers of the types of metadata values. */
export const ggufType = { u8: 0, u32: 4, bool: 7, string: 8, array: 9, u64: 10 } as const;

/** A key, a type number, and the bytes of a value. */
export function ggufValue(key: string | Uint8Array, type: number, ...value: Uint8Array[]): Buffer {
  return Buffer.concat([ggufString(key), u32(type), ...value]);
}

/** The description of a tensor; `dims` innermost first, as in the file. Type 0 is F32. */
export function ggufTensor(
  name: string | Uint8Array,
  dims: (number | bigint)[],
  { type = 0, offset = 0, rank = dims.length }: { type?: number; offset?: number | bigint; rank?: number } = {},
): Buffer {
  return Buffer.concat([ggufString(name), u32(rank), ...dims.map(u64), u32(type), u64(offset)]);
}

/** A GGUF file. Counts are those of the lists unless given. */
export function ggufBytes({
  magic = 'GGUF',
  version = u32(3),
  values = [] as Buffer[],
  tensors = [] as Buffer[],
  numValues = BigInt(values.length),
  numTensors = BigInt(tensors.length),
  alignment = 32,
  dataLength = 0,
}): Buffer {
  const header = Buffer.concat([Buffer.from(magic), version, u64(numTensors), u64(numValues), ...values, ...tensors]);
  const padding = (alignment - (header.length % alignment)) % alignment;
  return Buffer.concat([header, Buffer.alloc(padding + dataLength)]);
}
