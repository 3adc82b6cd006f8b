/** Stand-ins for files that the bootstrap finds or fetches: shared libraries, LibTorch folders, wheels. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** A folder that is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'foothold-test-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

type Files = Record<string, string | Buffer>;

export function writeFiles(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** A shared library of 64-bit ELF that says what it needs and where to look for it, and nothing else. */
export function elf(needed: readonly string[], runpath = '$ORIGIN'): Buffer {
  const strings = ['', ...needed, runpath].join('\0').concat('\0');
  const offsetOf = (text: string) => BigInt(strings.indexOf(`\0${text}\0`) + 1);
  const base = 0x10000; // address at which the file is mapped: not its offset, as in real libraries
  const dynamicAt = 64 + 2 * 56;
  const entries: [bigint, bigint][] = needed.map((name) => [1n, offsetOf(name)]);
  entries.push([29n, offsetOf(runpath)], [5n, BigInt(base + dynamicAt + (needed.length + 3) * 16)], [0n, 0n]);
  const dynamic = Buffer.alloc(entries.length * 16);
  entries.forEach(([tag, value], i) => {
    dynamic.writeBigInt64LE(tag, i * 16);
    dynamic.writeBigInt64LE(value, i * 16 + 8);
  });
  const head = Buffer.alloc(dynamicAt);
  head.writeUInt32BE(0x7f454c46, 0);
  head.set([2, 1, 1], 4);
  head.writeBigInt64LE(64n, 32);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(2, 56);
  const size = dynamicAt + dynamic.length + strings.length;
  const segments: [number, number, number][] = [
    [1, 0, size],
    [2, dynamicAt, dynamic.length],
  ];
  segments.forEach(([type, offset, length], i) => {
    head.writeUInt32LE(type, 64 + i * 56);
    head.writeBigInt64LE(BigInt(offset), 64 + i * 56 + 8);
    head.writeBigInt64LE(BigInt(base + offset), 64 + i * 56 + 16);
    head.writeBigInt64LE(BigInt(length), 64 + i * 56 + 32);
  });
  return Buffer.concat([head, dynamic, Buffer.from(strings)]);
}

/** Files of a LibTorch. `cuda` adds the CUDA libraries, which need one of NVIDIA's. */
export function libTorchFiles({ version = '2.13.0', cuda = false } = {}): Files {
  const files: Files = {
    'lib/libc10.so': elf([]),
    'lib/libtorch_cpu.so': elf(['libc10.so']),
    'lib/libtorch.so': elf(['libtorch_cpu.so', 'libc10.so']),
    'include/torch/csrc/api/include/torch/torch.h': '',
    'share/cmake/Torch/TorchConfigVersion.cmake': `set(PACKAGE_VERSION "${version}")\n`,
  };
  if (cuda) {
    files['lib/libc10_cuda.so'] = elf(
      ['libc10.so', 'libstandin_cudart.so.13'],
      '$ORIGIN:$ORIGIN/../../nvidia/cu13/lib',
    );
    files['lib/libtorch_cuda.so'] = elf(['libc10_cuda.so']);
  }
  return files;
}

/** A zip file of these files. */
export function zip(files: Files): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const data = Buffer.from(content);
    const packed = deflateRawSync(data);
    const common = Buffer.alloc(26); // from the version needed on, both headers hold the same fields
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const rest = Buffer.alloc(14); // of the central header: no comment, no attributes, then the offset
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), common, rest, Buffer.from(name));
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), packed]);
    parts.push(local);
    offset += local.length;
  }
  const table = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(table.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, table, end]);
}

/** PyTorch's wheel with these files of LibTorch under `torch/`, with Python files beside them. */
export function torchWheel(files: Files, requirements: readonly string[] = []): Buffer {
  const inFolder = Object.entries(files).map(([name, content]) => [`torch/${name}`, content]);
  return zip({
    'torch/__init__.py': 'raise RuntimeError("not wanted")',
    ...Object.fromEntries(inFolder),
    'torch-2.13.0.dist-info/METADATA': ['Name: torch', ...requirements.map((r) => `Requires-Dist: ${r}`)].join('\n'),
  });
}
