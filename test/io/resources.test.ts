/** Files are closed and unmapped again, whether they could be read or not. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readGgufHeader, readSafetensorsHeader, readTensor } from '../../bindings/io.js';
import { fixture, save, scratchFolder } from './files.js';

const folder = scratchFolder();

/** Descriptors of this process and mappings of the files under test. */
function held(): { descriptors: number; mappings: number } {
  const mappings = readFileSync('/proc/self/maps', 'utf8').split('\n');
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    mappings: mappings.filter((line) => /\.(gguf|safetensors)$/.test(line)).length,
  };
}

it.skipIf(!existsSync('/proc/self/maps'))('holds nothing after 10,000 calls of which half fail (needs /proc)', () => {
  const bad = save(folder, 'bad.safetensors', readFileSync(fixture('types.safetensors')).subarray(0, 1000));
  const badGguf = save(folder, 'bad.gguf', readFileSync(fixture('types.gguf')).subarray(0, 1000));
  const calls = [
    () => readTensor(fixture('types.safetensors'), 'F32'),
    () => expect(() => readSafetensorsHeader(bad)).toThrow('truncated'),
    () => readTensor(fixture('types.gguf'), 'Q4_K'),
    () => expect(() => readGgufHeader(badGguf)).toThrow('truncated'),
  ];
  for (const call of calls) call();
  const before = held();
  for (let i = 0; i < 10_000; ++i) calls[i % 4]!();
  expect(held()).toEqual(before);
  expect(before.mappings).toBe(0);
});
