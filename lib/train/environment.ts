import { readFileSync } from 'node:fs';
import { arch, cpus, hostname, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../bindings/load.js';
import type { ModelSource } from '../model/source.js';

/** What a checkpoint was written by. */
export function versions(): { foothold: string; node: string } {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return { foothold: version, node: process.versions.node };
}

/** What a reader of the results needs to know of where they were made. */
export function environment(model: ModelSource): object {
  return {
    ...versions(),
    platform: `${platform()} ${release()} ${arch()}`,
    host: hostname(),
    cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    memoryBytes: totalmem(),
    command: process.argv,
    workingDirectory: process.cwd(),
    started: new Date().toISOString(),
    model: { name: model.name, format: model.format, files: model.files, config: model.config },
  };
}
