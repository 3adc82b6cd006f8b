/** The size of a micro-batch when none is configured. */
import { totalmem } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { ModelConfig } from '../../bindings/torch.js';
import { hostMemory, tokensThatFit } from '../../lib/train/memory.js';

const gib = 2 ** 30;
/** Qwen2.5-0.5B: 494 million parameters, 85 KB a token and layer. */
const half = {
  hiddenSize: 896,
  intermediateSize: 4864,
  numLayers: 24,
  numHeads: 14,
  numKvHeads: 2,
  headDim: 64,
} as ModelConfig;
const room = (memory: number, parameters = 494e6, gradientCheckpointing = false) =>
  tokensThatFit(half, { memory, parameters, gradientCheckpointing });

describe('tokens that fit', () => {
  test('are what three quarters of the memory leave beside weights and optimizer', () => {
    const left = 0.75 * 24 * gib - 20 * 494e6;
    const perToken = 24 * 4 * (4 * 896 + 48 * 64 + 3 * 4864);
    expect(room(24 * gib)).toBe(Math.floor(left / perToken));
  });

  test('grow with memory up to 8,192', () => {
    expect(room(20 * gib)).toBeGreaterThan(room(16 * gib));
    expect(room(100 * gib)).toBe(8192);
  });

  test('are 256 where not even the weights seem to fit: trying is left to the update', () => {
    expect(room(8 * gib)).toBe(256);
  });

  test('are fewer beside a reference policy and more with gradient checkpointing', () => {
    expect(room(32 * gib, 2 * 494e6)).toBeLessThan(room(32 * gib));
    expect(room(24 * gib, 494e6, true)).toBeGreaterThan(room(24 * gib));
  });

  test('the memory of the host is at most what the machine has', () => {
    expect(hostMemory()).toBeGreaterThan(gib / 4);
    expect(hostMemory()).toBeLessThanOrEqual(totalmem());
  });
});
