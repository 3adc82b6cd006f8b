/** Saving beside other calls: what is written is the policy as the calls before left it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Policy } from '../../bindings/torch.js';
import { toBatch, updateCase } from './support/fixtures.js';
import { loadModel, updateOptions } from './support/policies.js';
import { temporaryFile } from './support/temporary.js';

const batch = toBatch(updateCase('grpo').batch);
const options = updateOptions({ learningRate: 1e-2 });
const files = (name: string) => ({ weights: temporaryFile(`${name}-w`), optimizer: temporaryFile(`${name}-o`) });
type Files = ReturnType<typeof files>;
const bytes = ({ weights, optimizer }: Files) => [readFileSync(weights), readFileSync(optimizer)];

async function inTurn(policy: Policy, { weights, optimizer }: Files): Promise<void> {
  await policy.saveWeights(weights);
  await policy.saveOptimizer(optimizer);
}

test.each(['float32', 'bfloat16'] as const)('%s: updates made meanwhile do not get into the files', async (dtype) => {
  const [policy, other] = [await loadModel('qwen2', dtype), await loadModel('qwen2', dtype)];
  await other.update(batch, options);
  const expected = files('expected');
  await inTurn(other, expected);

  for (let round = 0; round < 2; round++) {
    const [before, beside, after] = [files('before'), files('beside'), files('after')];
    await inTurn(policy, before);
    const calls = [policy.save(beside), policy.update(batch, options), policy.update(batch, options)];
    await Promise.all(calls);
    expect(bytes(beside)).toEqual(bytes(before));
    await inTurn(policy, after);
    expect(bytes(after)).not.toEqual(bytes(before));
  }
  const fresh = await loadModel('qwen2', dtype);
  const found = files('found');
  await Promise.all([fresh.update(batch, options), fresh.save(found), fresh.update(batch, options)]);
  expect(bytes(found)).toEqual(bytes(expected));
  for (const each of [policy, other, fresh]) each.dispose();
});

test('is finished before the policy goes, and refused when it is gone', async () => {
  const policy = await loadModel('qwen2');
  const [whole, written] = [files('whole'), files('written')];
  await inTurn(policy, whole);
  const saved = policy.save(written);
  policy.dispose();
  await saved;
  expect(bytes(written)).toEqual(bytes(whole));
  await expect(policy.save(written)).rejects.toThrow('disposed');
});

test('a file that cannot be written fails the call alone', async () => {
  const policy = await loadModel('qwen2');
  const weights = '/nowhere/w.safetensors';
  const [failed, updated] = await Promise.allSettled([
    policy.save({ ...files('x'), weights }),
    policy.update(batch, options),
  ]);
  expect(failed).toMatchObject({ reason: { code: 'FOOTHOLD_IO', message: expect.stringContaining(weights) } });
  expect(updated.status).toBe('fulfilled');
  policy.dispose();
});
