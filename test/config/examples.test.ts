import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../lib/config/index.js';

describe('examples', () => {
  const files = readdirSync('examples', { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.yaml'));
  it.each(files)('%s is a valid configuration', (name) => {
    expect(loadConfig(`examples/${name}`).stages.length).toBeGreaterThan(0);
  });
});

describe('docs/configuration.md', () => {
  const text = readFileSync('docs/configuration.md', 'utf8');

  it('says why the loss is near 0 and what to watch', () => {
    for (const name of ['grad_norm', 'advantages/std', 'frac_reward_zero_std']) expect(text).toContain(`\`${name}\``);
  });
});
