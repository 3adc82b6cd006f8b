/** Checkpoints that somebody else wrote: refused by name; nothing outside their folder is looked at. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UserError } from '../../lib/errors.js';
import { lastCheckpoint } from '../../lib/train/checkpoint.js';
import { manifestFile, writeManifest } from '../../lib/train/manifest.js';
import { firstState } from '../../lib/train/state.js';

/** A folder of checkpoints with one, of step 3, whose state has been changed before it was summed up. */
async function checkpoints(change: (state: Record<string, unknown>) => unknown = (state) => state) {
  const folder = mkdtempSync(join(tmpdir(), 'foothold-checkpoint-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const checkpoint = join(folder, 'step-3');
  mkdirSync(checkpoint);
  const first = firstState();
  const state = { version: 2, ...first, progress: { ...first.progress, step: 3, stageStep: 3 } };
  writeFileSync(join(checkpoint, 'state.json'), JSON.stringify(change(state)));
  writeFileSync(join(checkpoint, 'model.safetensors'), 'weights');
  await writeManifest(checkpoint);
  return { folder, checkpoint };
}

const progress = (state: Record<string, unknown>) => state.progress as Record<string, unknown>;

it('a checkpoint is read when nothing is wrong', async () => {
  const { folder } = await checkpoints();
  expect(await lastCheckpoint(folder, expect.unreachable)).toMatchObject({ step: 3, state: { progress: { step: 3 } } });
});

describe('a manifest', () => {
  type Files = Record<string, { bytes: number; sha256: string }>;
  it.each<[string, (files: Files, checkpoint: string) => unknown, RegExp]>([
    [
      'that names a file outside',
      (files) => ({ ...files, '../secret': { bytes: 6, sha256: '' } }),
      /names "\.\.\/secret", which lies outside/,
    ],
    [
      'that names an absolute path',
      (files) => ({ ...files, '/dev/zero': { bytes: 0, sha256: '' } }),
      /names "\/dev\/zero", which lies outside/,
    ],
    ['of sizes beyond all', (files) => ({ ...files, 'state.json': { bytes: 1e300, sha256: '' } }), /bytes/],
    ['that is a list', () => [], /expected/i],
    [
      'of a file that is a link',
      (files, checkpoint) => {
        symlinkSync('/dev/zero', join(checkpoint, 'more'));
        return { ...files, more: { bytes: 0, sha256: '' } };
      },
      /more is not a regular file/,
    ],
  ])('%s marks the checkpoint as damaged', async (_, change, message) => {
    const { folder, checkpoint } = await checkpoints();
    writeFileSync(join(folder, 'secret'), 'secret');
    const file = join(checkpoint, manifestFile);
    const { files } = JSON.parse(readFileSync(file, 'utf8')) as { files: Files };
    writeFileSync(file, JSON.stringify({ files: change(files, checkpoint) }));
    const damages: string[] = [];
    expect(await lastCheckpoint(folder, (damage) => damages.push(damage))).toBeNull();
    expect(damages.join()).toMatch(message);
  });
});

describe('a state', () => {
  it.each<[string, (state: Record<string, unknown>) => unknown]>([
    ['of another step than its folder', (state) => ({ ...state, progress: { ...progress(state), step: 4 } })],
    ['of a negative step', (state) => ({ ...state, progress: { ...progress(state), step: -3 } })],
    [
      'with a place in the data beyond all numbers',
      (state) => ({ ...state, progress: { ...progress(state), position: 1e300 } }),
    ],
    ['of a negative stage', (state) => ({ ...state, stage: -1 })],
    ['of a version to come', (state) => ({ ...state, version: 99 })],
    [
      'with a buffer of other things',
      (state) => ({ ...state, progress: { ...progress(state), buffer: [{ promptIds: 'x' }, 1] } }),
    ],
    ['that is no object', () => null],
  ])('%s is refused by its file', async (_, change) => {
    const { folder } = await checkpoints(change);
    const error = await lastCheckpoint(folder, expect.unreachable).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(/step-3\/state\.json is not a checkpoint's state: /);
  });
});
