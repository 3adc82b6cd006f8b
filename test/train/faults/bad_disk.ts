/**
 * Run by disk.test.ts in a mount namespace of its own: `bad_disk.ts <folder of a small tmpfs> full|readonly`. Trains the real
 * core on a disk that fills up, or that becomes read-only; then puts it right and resumes. Prints what became of it as JSON.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type RunInput } from '../../../lib/config/index.js';
import { Trainer } from '../../../lib/train/index.js';
import { damage } from '../../../lib/train/manifest.js';
import { realRun } from '../real_run.js';

const [disk, fault] = process.argv.slice(2) as [string, 'full' | 'readonly'];
const problems = Array.from({ length: 8 }, (_, i) => ({ problem: `${i}=`, target: 'a' }));
const settings = { template: 'raw', maxPromptLength: 20, maxCompletionLength: 8, epsilonStd: 0 };
const run = { ...settings, maxSteps: 6, saveSteps: 1, saveTotalLimit: 9 };
const filler = join(disk, 'filler');

const plain = await realRun(problems, run);
for await (const _ of await Trainer.create(defineConfig(plain.config)));

const broken = await realRun(problems, run);
const output = join(disk, 'run');
const config = defineConfig({ ...broken.config, output } as RunInput);
const trainer = await Trainer.create(config, { diskFullTimeout: 0 });
let error: { code?: string; message?: string } = {};
try {
  for await (const { step } of trainer) {
    if (step !== 3) continue;
    if (fault === 'readonly') makeReadOnly();
    else fillUp();
  }
} catch (thrown) {
  error = thrown as Error;
}

/** By a second mount above the first: the kernel refuses to change one on which a file, the lock, is open for writing. */
function makeReadOnly() {
  execFileSync('mount', ['--bind', disk, disk]);
  execFileSync('mount', ['-o', 'remount,bind,ro', disk]);
}

/** Leave room for a part of a checkpoint. */
function fillUp() {
  try {
    writeFileSync(filler, Buffer.alloc(1 << 24));
  } catch {} // full
  writeFileSync(filler, Buffer.alloc(readFileSync(filler).length - 20_000));
}

const checkpoints = join(output, 'checkpoints');
const whole = readdirSync(checkpoints).filter((name) => name.startsWith('step-'));
const damages = await Promise.all(whole.map((name) => damage(join(checkpoints, name))));
if (fault === 'readonly') execFileSync('umount', [disk]);
else rmSync(filler);
for await (const _ of await Trainer.create(config, { resume: true }));

const weights = (folder: string) => readFileSync(join(folder, 'model', 'model.safetensors'));
console.log(
  JSON.stringify({
    error: { code: error.code, message: error.message },
    whole,
    damages,
    same: weights(output).equals(weights(plain.output)),
    left: readdirSync(checkpoints).filter((name) => !name.startsWith('step-')),
    finished: existsSync(join(output, 'model')),
  }),
);
