import { copyFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { weightsFingerprint } from '../../lib/model/fingerprint.js';
import { temporaryFile } from '../data/helpers.js';

it('tells what was trained from what it was, whatever the folder', async () => {
  const values = Float32Array.from({ length: 2_000_000 }, (_, i) => Math.sin(i));
  const file = temporaryFile('model.safetensors', new Uint8Array(values.buffer));
  const copy = temporaryFile('model.safetensors', '');
  copyFileSync(file, copy);
  const before = await weightsFingerprint([file]);
  expect(before).toMatch(/^model\.safetensors \([0-9a-f]{16}\)$/);
  expect(await weightsFingerprint([copy])).toBe(before);
  values.forEach((value, i) => {
    values[i] = value + 1e-3;
  });
  writeFileSync(copy, new Uint8Array(values.buffer));
  expect(await weightsFingerprint([copy])).not.toBe(before);
  expect(await weightsFingerprint([file, copy])).toMatch(/^model\.safetensors, model\.safetensors \(/);
});
