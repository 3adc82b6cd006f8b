/**
 * Run by out_of_memory.test.ts in a process of its own: an update of the native core for which the address space is too small at
 * first. Prints, as JSON, what became of it and whether the weights are those of the same update in small parts.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { raggedFromRows } from '../../../bindings/ragged.js';
import { Policy } from '../../../bindings/torch.js';
import { stageSchemas } from '../../../lib/config/schema.js';
import type { StageContext } from '../../../lib/train/context.js';
import { updateWithinMemory } from '../../../lib/train/micro_batch.js';
import { updateSettings } from '../../../lib/train/update.js';
import { modelConfig } from '../tiny_run.js';

const MiB = 1 << 20;
const config = { ...modelConfig, hiddenSize: 128, intermediateSize: 2048, numHeads: 4, numKvHeads: 2, headDim: 32 };
const sft = { method: 'sft', maxPromptLength: 256, batchSize: 16, learningRate: 0.01 } as const;
const stage = stageSchemas.sft.parse({ ...sft, maxTokensPerMicroBatch: 8192 });
const batch = {
  prompts: raggedFromRows(Array.from({ length: 16 }, (_, i) => Array(128).fill(i))),
  groupSizes: new Int32Array(16).fill(1),
  completions: raggedFromRows(Array.from({ length: 16 }, (_, i) => Array(128).fill(40 - i))),
};
const settings = updateSettings(stage, 0.01);
const place = { device: 'cpu', dtype: 'float32', seed: 1 } as const;

const policy = await Policy.random(config, place);
const other = await Policy.random(config, place);
await other.update(batch, { ...settings, maxTokensPerMicroBatch: 512 }); // by now every thread and buffer that is needed anyway is there

const used = Number(/VmSize:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;
spawnSync('prlimit', ['--pid', String(process.pid), `--as=${used + 160 * MiB}:`]);
const warnings: string[] = [];
const run = { policy, memory: { maxTokensPerMicroBatch: 8192 }, warn: (text: string) => warnings.push(text) };
const made = await updateWithinMemory(run as unknown as StageContext, batch, settings, {});
spawnSync('prlimit', ['--pid', String(process.pid), '--as=unlimited:']);

const again = await Policy.random(config, place);
await again.update(batch, { ...settings, ...run.memory });
const name = 'model.layers.0.mlp.down_proj.weight';
const [found, expected] = [await policy.parameter(name), await again.parameter(name)];
const same = Buffer.from(found.buffer).equals(Buffer.from(expected.buffer));
console.log(JSON.stringify({ made, same, limit: run.memory.maxTokensPerMicroBatch, warnings }));
