/** What `foothold export` does. */
import { statSync } from 'node:fs';
import { exportGguf, type GgufType } from '../model/export.js';
import { fetchModel, openProgress } from './progress/index.js';

export interface ExportArguments {
  model: string;
  type: GgufType;
  output: string;
  quiet: boolean;
}

export async function runExport({ model, type, output, quiet }: ExportArguments): Promise<void> {
  const progress = openProgress({ quiet });
  try {
    const source = await fetchModel(model, progress);
    progress.enter('export');
    await exportGguf(source, output, {
      type,
      onTensor: (done, total) => progress.advance({ done, total }),
      onNote: (note) => progress.log(`note: ${note}`),
    });
    if (!quiet) progress.log(`Wrote ${output} (${type}, ${(statSync(output).size / 1e6).toFixed(1)} MB).`);
  } finally {
    progress.close();
  }
}
