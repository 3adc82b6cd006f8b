/** The safetensors format in a few lines, written apart from the native reader so that each can judge the other. */
import { readFileSync, writeFileSync } from 'node:fs';

export interface FileTensor {
  dtype: string;
  shape: number[];
  data: Uint8Array;
}

export function readTensors(file: string): Map<string, FileTensor> {
  const bytes = readFileSync(file);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, FileTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [begin, end] = entry.data_offsets.map((offset) => 8 + headerLength + offset) as [number, number];
    tensors.set(name, { dtype: entry.dtype, shape: entry.shape, data: bytes.subarray(begin, end) });
  }
  return tensors;
}

export function writeTensors(file: string, tensors: Map<string, FileTensor>): void {
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.length] };
    offset += data.length;
  }
  const text = JSON.stringify(header);
  const json = Buffer.from(text + ' '.repeat(-text.length & 7));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(file, Buffer.concat([length, json, ...Array.from(tensors.values(), ({ data }) => data)]));
}
