/** Loss, metrics and gradients of one update, for every loss, against plain PyTorch. */
import { expect, test } from 'vitest';
import { decode, toBatch, updateCases } from './support/fixtures.js';
import { relativeError } from './support/numbers.js';
import { gradientProbe, loadModel, probedGradient, updateOptions } from './support/policies.js';

test.each(updateCases())('$name', async ({ options, batch, metrics: expected, gradients }) => {
  const policy = await loadModel('qwen2');
  const names = Object.keys(gradients);
  const before = await Promise.all(names.map((name) => policy.parameter(name)));
  const metrics = await policy.update(toBatch(batch), updateOptions({ ...options, ...gradientProbe }));

  expect(metrics.skipped).toBeNull();
  expect(metrics.numTokens).toBe(expected.numTokens);
  expect(metrics.loss).toBeCloseTo(expected.loss, 5);
  expect(metrics.entropy).toBeCloseTo(expected.entropy, 5);
  expect(metrics.kl).toBeCloseTo(expected.kl, 5);
  expect(metrics.clipRatioLow).toBeCloseTo(expected.clipRatioLow, 6);
  expect(metrics.clipRatioHigh).toBeCloseTo(expected.clipRatioHigh, 6);
  expect(metrics.gradNorm / expected.gradNorm).toBeCloseTo(1, 5);
  for (const [i, name] of names.entries()) {
    const gradient = probedGradient(before[i]!, await policy.parameter(name));
    expect(relativeError(gradient, decode(gradients[name]!)), name).toBeLessThan(1e-5);
  }
  policy.dispose();
});
