/**
 * The typed face of `native/io`: model files in the safetensors and GGUF formats. Every function but `writeGguf` is
 * synchronous. All throw an Error whose `code` is FOOTHOLD_FORMAT (the file is damaged, or holds what is not supported) or
 * FOOTHOLD_IO (no such file, no permission, disk full) and whose message names the file.
 */
import { setImmediate } from 'node:timers/promises';
import { loadTorchAddon } from './libtorch.js';
import type { GgufHeader } from './torch.js';

/** Header of a safetensors file, none of the weights. Tensors come in the order of their data. */
export interface SafetensorsHeader {
  metadata: Record<string, string>;
  tensors: { name: string; dtype: string; shape: number[] }[];
}

/** One tensor, row-major, outermost dimension first. */
export interface Tensor {
  shape: number[];
  values: Float32Array;
}

/** A tensor to be written. The values are rounded (to nearest, ties to even) or quantised to `dtype`. */
export interface TensorToWrite extends Tensor {
  name: string;
  /** Q8_0 in GGUF only, and only where the innermost dimension is a multiple of 32. */
  dtype: 'F32' | 'F16' | 'BF16' | 'Q8_0';
}

/** A tensor for a GGUF file. */
export interface GgufTensorToWrite extends Omit<TensorToWrite, 'values'> {
  /**
   * A function is called when it is the tensor's turn, and what it gives is taken: its buffer is freed (detached) once
   * the values are written, so that one tensor at a time is in memory.
   */
  values: Float32Array | (() => Float32Array);
}

export type GgufScalarType =
  | 'U8'
  | 'I8'
  | 'U16'
  | 'I16'
  | 'U32'
  | 'I32'
  | 'F32'
  | 'Bool'
  | 'String'
  | 'U64'
  | 'I64'
  | 'F64';
/** A metadata value with the type that it has in the file. */
export type TypedGgufValue =
  | { type: GgufScalarType; value: number | bigint | boolean | string }
  | { type: 'Array'; elementType: GgufScalarType; value: (number | bigint | boolean | string)[] };

/** An exclusive lock on a file; the operating system lets go of it when the process ends, however it ends. */
export interface FileLock {
  release(): void;
}

interface IoAddon {
  lockFile(path: string): FileLock | 'held' | 'unsupported';
  readGgufHeader(path: string): GgufHeader;
  readSafetensorsHeader(path: string): SafetensorsHeader;
  readTensor(path: string, name: string): Tensor;
  writeSafetensors(path: string, tensors: TensorToWrite[], metadata: Record<string, string>): void;
  createGguf(
    path: string,
    tensors: Omit<GgufTensorToWrite, 'values'>[],
    metadata: Record<string, TypedGgufValue>,
  ): { write(values: Float32Array, disposable: boolean): void; commit(): void; discard(): void };
}

const addon = (): IoAddon => loadTorchAddon() as IoAddon;

/** Metadata and tensor descriptions of a GGUF file of version 2 or 3, little-endian. The whole header is checked. */
export function readGgufHeader(path: string): GgufHeader {
  return addon().readGgufHeader(path);
}

/** Metadata and tensor descriptions of a safetensors file. The whole header is checked. */
export function readSafetensorsHeader(path: string): SafetensorsHeader {
  return addon().readSafetensorsHeader(path);
}

/** One tensor of a GGUF (`.gguf`) or safetensors file (any other name), converted or dequantised to float32. */
export function readTensor(path: string, name: string): Tensor {
  return addon().readTensor(path, name);
}

/**
 * Write a safetensors file. It is written beside under a temporary name, synced and renamed: under the final name there
 * is the old file or the complete new one, never a part.
 */
export function writeSafetensors(path: string, tensors: TensorToWrite[], metadata: Record<string, string> = {}): void {
  addon().writeSafetensors(path, tensors, metadata);
}

/**
 * Write a GGUF file of version 3, as safely as `writeSafetensors`, tensor by tensor. Other work of the process has its turn
 * in between; `process.exit` meanwhile leaves nothing of the file.
 */
export async function writeGguf(
  path: string,
  tensors: GgufTensorToWrite[],
  metadata: Record<string, TypedGgufValue> = {},
): Promise<void> {
  const file = addon().createGguf(path, tensors, metadata);
  const discard = () => file.discard();
  process.once('exit', discard);
  try {
    for (const { values } of tensors) {
      const taken = typeof values === 'function';
      file.write(taken ? values() : values, taken);
      await setImmediate();
    }
    file.commit();
  } finally {
    discard();
    process.off('exit', discard);
  }
}

/**
 * Lock a file, creating it when needed. Others can read it meanwhile.
 * @returns the lock (released when it is collected, too); `held` when somebody else has it, in this process or another;
 *   `unsupported` when the file system has no locks.
 */
export function lockFile(path: string): FileLock | 'held' | 'unsupported' {
  return addon().lockFile(path);
}
