/** A disk that fills up while a model file is written: the error names the file, and the old file is still there. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { scratchFolder } from './files.js';

const child = fileURLToPath(new URL('full_disk.ts', import.meta.url));
const folder = scratchFolder();

// A file system of 64 KiB, in a mount namespace of the child's own.
const script = 'mount -t tmpfs -o size=64k none "$1" && exec "$2" --import tsx "$3" "$1"';
const inNamespace = (command: string) =>
  spawnSync('unshare', ['--map-root-user', '--mount', 'sh', '-c', command, 'sh', folder, process.execPath, child], {
    encoding: 'utf8',
  });
const canMount = inNamespace('mount -t tmpfs -o size=64k none "$1"').status === 0;

it.skipIf(!canMount)('keeps the old file when the disk is full (needs Linux user namespaces)', () => {
  const { stdout, stderr, status } = inNamespace(script);
  expect(status, stderr).toBe(0);
  const { outcomes, files } = JSON.parse(stdout);
  for (const { path, code, message, kept } of outcomes) {
    expect(code).toBe('FOOTHOLD_IO');
    expect(message).toBe(`${path}: cannot be written: No space left on device`);
    expect(kept).toEqual(Array(8).fill(8));
  }
  expect(files).toEqual(['x.gguf', 'x.safetensors']);
});
