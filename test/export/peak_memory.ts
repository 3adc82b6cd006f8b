/**
 * Run as a process of its own by memory.test.ts: exports a model of 400 MB as a file of 200 MB, both in many tensors, and
 * prints by how many bytes that raised the peak resident memory: `peak_memory.ts <folder>`.
 */
import { openSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { exportGguf } from '../../lib/model/export.js';
import { weightNames } from '../../lib/model/gguf_tensors.js';
import { loadModelSource } from '../../lib/model/source.js';
import { BASE_MODEL } from '../../lib/quickstart/model.js';
import { smallConfig } from '../torch/support/policies.js';

const config = { ...smallConfig, numLayers: 6 };
const matrix = [2048, 2048];

/** Zeros in a file with a hole: it takes no room on the disk. */
function sparseModel(path: string): void {
  let offset = 0;
  const tensors = weightNames(config).map(({ huggingFace }) => {
    const shape = /(mlp|o_proj).*weight/.test(huggingFace) ? matrix : [64];
    const begin = offset;
    offset += 4 * shape.reduce((product, extent) => product * extent);
    return [huggingFace, { dtype: 'F32', shape, data_offsets: [begin, offset] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(tensors)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = openSync(path, 'w');
  writeSync(file, Buffer.concat([length, header]));
  truncateSync(path, 8 + header.length + offset);
}

const folder = process.argv[2]!;
const weights = join(folder, 'model.safetensors');
const output = join(folder, 'model.gguf');
sparseModel(weights);
const source = { ...(await loadModelSource(BASE_MODEL)), config, files: [weights] };
const peak = () => process.resourceUsage().maxRSS * 1024;
await exportGguf(await loadModelSource(BASE_MODEL), output, { type: 'f16' }); // loads LibTorch
const before = peak();
await exportGguf(source, output, { type: 'f16' });
console.log(JSON.stringify({ growth: peak() - before, size: statSync(output).size, source: statSync(weights).size }));
