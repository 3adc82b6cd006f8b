/** The settings as a JSON Schema, for editors of YAML files and for whatever else wants to read them. */
import { z } from 'zod';
import { methods, runSchema, stageSchemas } from './schema.js';

/** A JSON Schema (draft 7), as far as it is used here. */
export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, JsonSchema | false>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  additionalProperties?: boolean | JsonSchema;
  [keyword: string]: unknown;
}

/** A map whose settings are known. */
export type SettingsSchema = JsonSchema & { properties: Record<string, JsonSchema>; required: string[] };

/** Schemas of what stands at the top level alone, and of the settings of each method. */
export function settingsSchemas() {
  const [sft, srl, rlvr] = methods.map((method) => jsonSchema(stageSchemas[method]));
  return { run: jsonSchema(runSchema), sft: sft!, srl: srl!, rlvr: rlvr! };
}

/**
 * Schema of a whole configuration: one stage at the top level, or `stages` with what they share. It accepts what
 * `loadConfig` accepts, and a little more: whether a setting that stages lack stands at the top level it does not check.
 */
export function configJsonSchema(): JsonSchema {
  const { run, ...byMethod } = settingsSchemas();
  const stage = sharedProperties(byMethod);
  const stages: JsonSchema = {
    description:
      'Stages, one after the other, each with a `method`. Settings at the top level hold for all that know them.',
    type: 'array',
    minItems: 1,
    items: {
      type: 'object',
      properties: stage,
      required: ['method'],
      additionalProperties: false,
      allOf: foreign(byMethod),
    },
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of a Foothold run',
    type: 'object',
    properties: { ...run.properties, stages, ...stage },
    required: run.required,
    additionalProperties: false,
    if: { required: ['stages'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { method: false } },
    else: {
      required: ['method'],
      allOf: [...foreign(byMethod), ...methods.map((method) => when(method, { required: byMethod[method].required }))],
    },
  };
}

type ByMethod = Record<(typeof methods)[number], SettingsSchema>;

/** Every setting of any method, once. A default that depends on the method goes into the description. */
function sharedProperties(byMethod: ByMethod): Record<string, JsonSchema> {
  const names = [...new Set(Object.values(byMethod).flatMap(({ properties }) => Object.keys(properties)))];
  return Object.fromEntries(
    names.map((name) => {
      const variants = methods
        .map((method) => byMethod[method].properties[name])
        .filter((schema) => schema !== undefined);
      return [name, name === 'method' ? methodProperty(variants) : merged(variants)];
    }),
  );
}

function methodProperty([first]: JsonSchema[]): JsonSchema {
  return { description: first!.description!, enum: [...methods] };
}

function merged(variants: JsonSchema[]): JsonSchema {
  const defaults = variants.map((variant) => JSON.stringify(variant.default));
  const [first] = variants;
  if (defaults.every((value) => value === defaults[0])) return first!;
  const { default: _, ...schema } = first!;
  const names = variants.length === methods.length ? methods : methods.slice(1);
  const list = defaults.map((value, i) => `\`${value}\` (${names[i]})`).join(', ');
  return { ...schema, description: `${schema.description} Default: ${list}.` };
}

/** For each method: settings of the others are not allowed. */
function foreign(byMethod: ByMethod): JsonSchema[] {
  const all = Object.keys(sharedProperties(byMethod));
  return methods.flatMap((method) => {
    const unknown = all.filter((name) => !(name in byMethod[method].properties));
    return unknown.length === 0
      ? []
      : [when(method, { properties: Object.fromEntries(unknown.map((name) => [name, false])) })];
  });
}

function when(method: string, schema: JsonSchema): JsonSchema {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  return { if: { properties: { method: { const: method } }, required: ['method'] }, then: schema };
}

function jsonSchema(schema: z.ZodType): SettingsSchema {
  const { $schema: _, ...made } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', override: adapt });
  return made as SettingsSchema;
}

/** Takes out bounds that only say "a number", and writes a shorthand as what it is: a text or a map. */
function adapt({ jsonSchema: schema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.shorthand === undefined) return;
  const { shorthand: _, description, ...map } = schema;
  for (const key of Object.keys(schema)) delete schema[key];
  Object.assign(schema, {
    ...(description !== undefined && { description }),
    anyOf: [{ type: 'string', minLength: 1 }, map],
  });
}
