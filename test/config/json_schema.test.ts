import { readdirSync, readFileSync } from 'node:fs';
import Ajv from 'ajv';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { parse } from 'yaml';
import type { z } from 'zod';
import { configToYaml, defineConfig, loadConfig } from '../../lib/config/index.js';
import { configJsonSchema, type JsonSchema, settingsSchemas } from '../../lib/config/json_schema.js';
import type { runSchema, stageSchemas } from '../../lib/config/schema.js';
import type { RlvrSettings, RunSettings, SftSettings, SrlSettings } from '../../lib/config/settings.js';
import { referencePage } from '../../scripts/configuration/reference.js';
import { settingsTypes } from '../../scripts/configuration/types.js';

const accepts = new Ajv.default({ strict: true, strictRequired: false, strictTypes: false }).compile(
  configJsonSchema(),
);
const one = {
  model: 'm',
  data: 'd',
  output: 'o',
  method: 'srl',
  batchSize: 1,
  maxPromptLength: 1,
  maxCompletionLength: 1,
};
const { method: _, ...shared } = one;

describe('the JSON Schema', () => {
  const examples = readdirSync('examples', { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.yaml'));
  it.each(examples)('accepts examples/%s, as it is and with every setting spelt out', (name) => {
    expect(accepts(parse(readFileSync(`examples/${name}`, 'utf8')))).toBe(true);
    const whole = parse(configToYaml(loadConfig(`examples/${name}`)));
    expect([accepts(whole), accepts.errors]).toEqual([true, null]);
  });

  it.each([
    ['a setting that does not exist', { ...one, learningrate: 1 }],
    ['a value that is not allowed', { ...one, lossType: 'gropo' }],
    ['a number out of its range', { ...one, batchSize: 0 }],
    ['a required setting left out', shared],
    ['a setting of another method', { ...one, method: 'sft', beta: 0 }],
    ['a method that does not exist', { ...one, method: 'dpo' }],
    ['two sizes of the held-out part', { ...one, data: { train: 'd', validation: { count: 1, fraction: 0.5 } } }],
    ['a method beside stages', { ...one, stages: [{ method: 'srl' }] }],
    ['a stage without method', { ...shared, stages: [{}] }],
    ['a stage with a setting of another method', { ...shared, stages: [{ method: 'sft', beta: 0 }] }],
    ['a setting of the run in a stage', { ...shared, stages: [{ method: 'srl', seed: 1 }] }],
  ])('refuses %s, as loadConfig does', (_, config) => {
    expect(accepts(config)).toBe(false);
    expect(() => defineConfig(config as never)).toThrow();
  });

  it('accepts shorthands and stages with what they share', () => {
    const stages = [{ method: 'sft' }, { method: 'rlvr', rewards: ['answer', { reward: 'similarity', weight: 0.5 }] }];
    expect(accepts({ ...shared, data: { train: 'd', validation: 'v' }, stages })).toBe(true);
  });

  it('describes every setting, maps within maps included', () => {
    const bare: string[] = [];
    const visit = (path: string, schema: JsonSchema) => {
      for (const [key, inner] of Object.entries(schema.properties ?? {})) {
        if (inner && !inner.description) bare.push(`${path}${key}`);
        if (inner) visit(`${path}${key}.`, inner);
      }
      for (const inner of [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])]) visit(path, inner);
    };
    for (const [name, schema] of Object.entries(settingsSchemas())) visit(`${name}: `, schema);
    expect(bare).toEqual([]);
    expect(configJsonSchema().properties).toMatchObject({
      learningRate: { description: expect.stringContaining('Default: `0.000005` (sft), `5e-7` (srl), `5e-7` (rlvr).') },
      saveSteps: { default: 50 },
    });
  });
});

describe('what is made of the schemas is up to date (else: npm run configuration)', () => {
  it('docs/configuration-reference.md', () => {
    expect(readFileSync('docs/configuration-reference.md', 'utf8')).toBe(referencePage());
  });

  it('lib/config/settings.ts, but for the formatting', () => {
    const plain = (text: string) => text.replace(/\s*\|\s*|[\s()]+/g, ' ');
    expect(plain(readFileSync('lib/config/settings.ts', 'utf8'))).toBe(plain(settingsTypes()));
  });

  it('its types, checked by the compiler', () => {
    expectTypeOf<RunSettings>().toEqualTypeOf<z.input<typeof runSchema>>();
    expectTypeOf<SftSettings>().toEqualTypeOf<z.input<typeof stageSchemas.sft>>();
    expectTypeOf<SrlSettings>().toEqualTypeOf<z.input<typeof stageSchemas.srl>>();
    expectTypeOf<RlvrSettings>().toEqualTypeOf<z.input<typeof stageSchemas.rlvr>>();
  });
});
