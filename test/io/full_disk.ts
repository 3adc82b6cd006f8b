/**
 * Run by full_disk.test.ts in a process of its own, with a folder on a small file system: `full_disk.ts <folder>`.
 * Writes a file that fits, then replaces it by one that does not, in both formats; prints what became of it as JSON.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readTensor, writeGguf, writeSafetensors } from '../../bindings/io.js';

const folder = process.argv[2]!;
const tensor = (length: number) => ({
  name: 'x',
  dtype: 'F32' as const,
  shape: [length],
  values: new Float32Array(length).fill(length),
});

const outcomes = [];
for (const [name, write] of Object.entries({ 'x.safetensors': writeSafetensors, 'x.gguf': writeGguf })) {
  const path = join(folder, name);
  await write(path, [tensor(8)]);
  let error: { code?: string; message?: string } = {};
  try {
    await write(path, [tensor(100_000)]);
  } catch (thrown) {
    error = thrown as Error;
  }
  const kept = Array.from(readTensor(path, 'x').values);
  outcomes.push({ name, path, code: error.code, message: error.message, kept });
}
console.log(JSON.stringify({ outcomes, files: readdirSync(folder).sort() }));
