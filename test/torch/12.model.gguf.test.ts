/** GGUF files of every quantisation: the dequantised weights are exactly those that the gguf package reads. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { raggedFromRows, raggedRow } from '../../bindings/ragged.js';
import { Policy } from '../../bindings/torch.js';
import { decode, fixturePath, type ModelFixture, readFixture } from './support/fixtures.js';
import { relativeError } from './support/numbers.js';

const names = readdirSync(fixturePath('model', 'gguf'))
  .filter((file) => file.endsWith('.gguf'))
  .map((file) => file.slice(0, -'.gguf'.length));

function load(name: string, config = readFixture<ModelFixture>('model', 'gguf', `${name}.json`).config) {
  const files = [fixturePath('model', 'gguf', `${name}.gguf`)];
  return Policy.load({ config, format: 'gguf', files, device: 'cpu', dtype: 'float32' });
}

test('there is a file of each quantisation', () => {
  const kinds = new Set(names.map((name) => name.replace(/-[^-]*$/, '')));
  expect([...kinds].sort()).toEqual(
    ['bf16', 'f16', 'f32', 'q4_0', 'q4_1', 'q4_k', 'q5_0', 'q5_1', 'q5_k', 'q6_k', 'q8_0'].sort(),
  );
});

test.each(names)('%s gives the logits of the dequantised model', async (name) => {
  const fixture = readFixture<ModelFixture>('model', 'gguf', `${name}.json`);
  const policy = await load(name);
  const logits = await policy.logits(Int32Array.from(fixture.tokens));
  expect(relativeError(logits, decode(fixture.logits))).toBeLessThan(1e-5);
  policy.dispose();
});

test.each(names)('%s continues greedily as transformers does', async (name) => {
  const { greedy, config } = readFixture<ModelFixture>('model', 'gguf', `${name}.json`);
  const policy = await load(name);
  const { completions } = await policy.generate({
    prompts: raggedFromRows(greedy.map((row) => row.prompt)),
    numGenerations: 1,
    maxCompletionLength: 12,
    temperature: 0,
    seed: 0,
    eosTokenIds: [config.vocabSize - 1],
  });
  expect(greedy.map((_, i) => [...raggedRow(completions, i)])).toEqual(greedy.map((row) => row.continuation));
  policy.dispose();
});
