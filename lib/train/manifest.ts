/** A list of a folder's files with sizes and checksums: what makes a checkpoint known to be whole. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { writeWhole } from './files.js';

export const manifestFile = 'manifest.json';

const schema = z.object({ files: z.record(z.string(), z.object({ bytes: z.int(), sha256: z.string() })) });

/** Write the manifest of a flat folder; the last file to be written into it. */
export async function writeManifest(folder: string): Promise<void> {
  const files: z.infer<typeof schema>['files'] = {};
  for (const name of (await readdir(folder)).sort()) {
    const file = join(folder, name);
    files[name] = { bytes: (await stat(file)).size, sha256: await sha256(file) };
  }
  await writeWhole(join(folder, manifestFile), `${JSON.stringify({ files }, null, 2)}\n`);
}

/** What is wrong with a folder by its manifest, or null when it is whole. */
export async function damage(folder: string): Promise<string | null> {
  try {
    const { files } = schema.parse(JSON.parse(await readFile(join(folder, manifestFile), 'utf8')));
    for (const [name, { bytes, sha256: sum }] of Object.entries(files)) {
      if (basename(name) !== name) return `${manifestFile} names ${JSON.stringify(name)}, which lies outside`;
      const file = join(folder, name);
      const entry = await lstat(file);
      if (!entry.isFile()) return `${name} is not a regular file`;
      const { size } = entry;
      if (size !== bytes) return `${name} has ${size} bytes instead of ${bytes}`;
      if ((await sha256(file)) !== sum) return `${name} has changed`;
    }
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
