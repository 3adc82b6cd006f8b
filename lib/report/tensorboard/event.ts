/**
 * The few messages of an event file, in the wire format of protocol buffers (protobuf.dev/programming-guides/encoding):
 * `Event`, `Summary` and `SessionLog` of TensorBoard's `event.proto` and `summary.proto`.
 */
import { maskedCrc32c } from './crc32c.js';

/** Seconds since 1970. */
export type WallTime = number;

/** First record of every file; readers go by the version. */
export function versionEvent(wallTime: WallTime): Buffer {
  return Buffer.concat([double(1, wallTime), text(3, 'brain.Event:2')]);
}

/** Values of a step. */
export function scalarsEvent(wallTime: WallTime, step: number, scalars: Readonly<Record<string, number>>): Buffer {
  const values = Object.entries(scalars).map(([tag, value]) =>
    bytes(1, Buffer.concat([text(1, tag), float(2, value)])),
  );
  return Buffer.concat([double(1, wallTime), int(2, step), bytes(5, Buffer.concat(values))]);
}

/** Tells readers to forget what earlier files have from `step` on: the steps are going to be made again. */
export function restartEvent(wallTime: WallTime, step: number): Buffer {
  const START = 1;
  return Buffer.concat([double(1, wallTime), int(2, step), bytes(7, int(1, START))]);
}

/** One record of a TFRecord file: length, its checksum, data, its checksum. Little-endian. */
export function record(data: Buffer): Buffer {
  const framed = Buffer.alloc(12 + data.length + 4);
  framed.writeBigUInt64LE(BigInt(data.length), 0);
  framed.writeUInt32LE(maskedCrc32c(framed.subarray(0, 8)), 8);
  data.copy(framed, 12);
  framed.writeUInt32LE(maskedCrc32c(data), 12 + data.length);
  return framed;
}

/** As protocol buffers have it, 0 is what is not written. */
function int(field: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.concat([varint(field << 3), varint(value)]);
}

function double(field: number, value: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeDoubleLE(value);
  return Buffer.concat([varint((field << 3) | 1), payload]);
}

function float(field: number, value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), payload]);
}

function bytes(field: number, payload: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(payload.length), payload]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

/** Seven bits a byte, the lowest first, a set top bit where more follow. By division: steps may pass 2^31. */
function varint(value: number): Buffer {
  const groups: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) groups.push((value % 128) | 128);
  return Buffer.from([...groups, value]);
}
