/** What `foothold export` does. */
import { statSync } from 'node:fs';
import { Presets, SingleBar } from 'cli-progress';
import { exportGguf, type GgufType } from '../model/export.js';
import { loadModelSource } from '../model/source.js';
import { modelPath } from './model_path.js';

export async function runExport(options: { model: string; type: GgufType; output: string }): Promise<void> {
  const source = await loadModelSource(modelPath(options.model));
  const bar = new SingleBar(
    { stream: process.stderr, format: '{bar} {value}/{total} tensors', barsize: 20, clearOnComplete: true },
    Presets.shades_classic,
  );
  const notes: string[] = [];
  try {
    await exportGguf(source, options.output, {
      type: options.type,
      onTensor: (done, total) => (done === 0 ? bar.start(total, 0) : bar.update(done)),
      onNote: (note) => notes.push(note),
    });
  } finally {
    bar.stop();
  }
  for (const note of notes) process.stderr.write(`note: ${note}\n`);
  const megabytes = (statSync(options.output).size / 1e6).toFixed(1);
  process.stderr.write(`Wrote ${options.output} (${options.type}, ${megabytes} MB).\n`);
}
