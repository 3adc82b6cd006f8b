/**
 * `npm run faults [count]`: kills `foothold train` (SIGKILL) at random moments, `count` of them (50), and lets another
 * process go on with the run; it must end with the same weights, metrics and samples, bit for bit, as the run that was
 * left alone. The rest of the fault tests run here in full too; docs/reliability.md has the figures.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { packageRoot } from '../bindings/load.js';
import { damage } from '../lib/train/manifest.js';
import { type RealRun, realRun } from '../test/train/real_run.js';
import { timeless } from '../test/train/tiny_run.js';

const count = Number(process.argv[2] ?? 50);
const main = join(packageRoot, 'dist', 'lib', 'cli', 'main.js');
const problems = Array.from({ length: 12 }, (_, i) => ({ problem: `${i % 6}=`, target: 'abcdef'[i % 6]! }));
const stage = { maxSteps: 12, saveSteps: 2, epsilonStd: 0, evalSteps: 5 };
const settings = {
  ...{ template: 'raw', maxPromptLength: 50, maxCompletionLength: 24, saveTotalLimit: 1, method: undefined },
  stages: [
    { ...stage, method: 'srl' },
    { ...stage, method: 'rlvr', unit: 'step', rewards: ['similarity'], from: 'last' },
  ],
};

async function written(): Promise<RealRun & { file: string }> {
  const run = await realRun(problems, settings);
  const file = join(run.folder, 'run.yaml');
  writeFileSync(file, stringify({ ...run.config, data: { ...(run.config.data as object), validation: { count: 3 } } }));
  return { ...run, file };
}

/** Run `foothold train`, and kill it after so many milliseconds; whether it ended before that, and how long it took. */
function trainFor(args: string[], milliseconds?: number): Promise<{ killed: boolean; took: number; errors: string }> {
  return new Promise((resolve) => {
    const begun = performance.now();
    const child = spawn(process.execPath, [main, 'train', ...args], { env: { ...process.env, OMP_NUM_THREADS: '1' } });
    let errors = '';
    child.stderr.on('data', (data: Buffer) => {
      errors += data;
    });
    const timer = milliseconds === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), milliseconds);
    child.on('close', (_, signal) => {
      clearTimeout(timer);
      resolve({ killed: signal === 'SIGKILL', took: performance.now() - begun, errors });
    });
  });
}

/** What must not depend on a run's history, in one string. */
function result(run: RealRun): string {
  const metrics = timeless(run.lines('metrics'));
  const weights = readFileSync(join(run.output, 'model', 'model.safetensors'), 'base64');
  const names = [readdirSync(run.output).sort(), readdirSync(join(run.output, 'checkpoints')).sort()];
  return JSON.stringify([metrics, run.lines('samples'), weights, names]);
}

/** What is found after a kill: checkpoints that are not whole, and whether one was being written. */
async function found(run: RealRun): Promise<{ damaged: string[]; midWrite: boolean }> {
  const folder = join(run.output, 'checkpoints');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const damaged: string[] = [];
  for (const name of names.filter((name) => name.startsWith('step-'))) {
    if ((await damage(join(folder, name))) !== null) damaged.push(name);
  }
  return { damaged, midWrite: names.some((name) => name.startsWith('.')) };
}

const all = spawnSync('npx', ['vitest', 'run', 'test/train'], {
  stdio: 'inherit',
  env: { ...process.env, FOOTHOLD_FAULTS: 'all' },
});
if (all.status !== 0) process.exit(1);

const straight = await written();
const { took, errors } = await trainFor([straight.file]);
if (!errors.includes('Finished after 24 steps')) throw new Error(`the run does not finish:\n${errors}`);
const expected = result(straight);
console.log(`undisturbed: ${(took / 1000).toFixed(1)} s, 24 steps, ${settings.stages.length} stages`);

let [killed, midWrite] = [0, 0];
for (let tries = 0; killed < count; tries++) {
  if (tries > 4 * count) throw new Error('most runs end before they can be killed');
  const run = await written();
  if (!(await trainFor([run.file], Math.random() * took)).killed) continue;
  killed++;
  const left = await found(run);
  if (left.midWrite) midWrite++;
  const again = await trainFor([run.file, '--resume']);
  if (left.damaged.length > 0 || result(run) !== expected) {
    throw new Error(`kill ${killed} (${run.folder}): ${left.damaged.join(', ') || 'another result'}\n${again.errors}`);
  }
  rmSync(run.folder, { recursive: true });
  if (killed % 10 === 0) console.log(`${killed} of ${count} kills survived`);
}
console.log(
  `${killed} kills at random moments (${midWrite} while a checkpoint was being written): no checkpoint under its final name ` +
    'was damaged, and every run went on to the same weights, metrics and samples',
);
