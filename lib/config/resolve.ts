/** From what a file says to a complete configuration: stages get the top level's settings, defaults are filled in. */
import { z } from 'zod';
import { UserError } from '../errors.js';
import { describeIssue, formatPath, unknownKey } from './problems.js';
import { type Method, methods, type RunConfig, runSchema, type StageConfig, stageSchemas } from './schema.js';
import type { ConfigSource, KeyPath } from './source.js';

type Values = Record<string, unknown>;

const runKeys = Object.keys(runSchema.shape);
const stageKeys = [...new Set(methods.flatMap((method) => Object.keys(stageSchemas[method].shape)))];

/** Unknown keys of one map that are told. A file with more is no configuration. */
const MAX_UNKNOWN = 20;

/**
 * Check a configuration and fill in its defaults.
 * @throws UserError that lists every problem: file and line, key, what was expected.
 */
export function resolveConfig(source: ConfigSource): RunConfig {
  const problems: string[] = [];
  const report = (path: KeyPath, text: string) => {
    const place = source.locate(path);
    const key = formatPath(path);
    problems.push(`${place}: ${key && !place.startsWith('--set') ? `${key}: ` : ''}${text}`);
  };
  const config = new Resolver(source.value, report).run();
  if (problems.length > 0) throw new UserError(problems.join('\n'), 'FOOTHOLD_CONFIG');
  return config!;
}

class Resolver {
  constructor(
    private readonly raw: unknown,
    private readonly report: (path: KeyPath, text: string) => void,
  ) {}

  run(): RunConfig | undefined {
    if (!isValues(this.raw)) {
      this.report([], 'expected a map of keys such as model, data, method, output');
      return undefined;
    }
    const top = this.raw;
    const names = [...runKeys, ...stageKeys, 'stages'];
    const unknown = Object.keys(top).filter((key) => !names.includes(key));
    for (const key of unknown.slice(0, MAX_UNKNOWN)) this.report([key], unknownKey(key, names));
    const run = this.check(runSchema, pick(top, runKeys), (path) => path);
    const stages = this.stages(top);
    return run && stages ? { ...run, stages } : undefined;
  }

  private stages(top: Values): StageConfig[] | undefined {
    if (top.stages === undefined) {
      const stage = this.stage(top, {}, []);
      return stage && [stage];
    }
    if (top.method !== undefined) this.report(['method'], 'given beside stages: each stage names its own method');
    if (!Array.isArray(top.stages) || top.stages.length === 0) {
      this.report(['stages'], 'expected a list of stages, each with a method');
      return undefined;
    }
    const shared = pick(
      top,
      stageKeys.filter((key) => key !== 'method'),
    );
    const list = top.stages as unknown[];
    this.refuseUnused(shared, list);
    const stages = list.map((own, i) => {
      if (isValues(own)) return this.stage(shared, own, ['stages', i]);
      this.report(['stages', i], 'expected a map of keys with a method');
      return undefined;
    });
    return stages.every((stage) => stage !== undefined) ? stages : undefined;
  }

  /** A setting at the top level that no stage has any use for is a mistake, not a default. */
  private refuseUnused(shared: Values, stages: unknown[]): void {
    const used = stages.map((stage) => (isValues(stage) ? schemaOf(stage.method) : undefined));
    if (used.some((schema) => schema === undefined)) return; // reported with the stage
    for (const key of Object.keys(shared)) {
      if (!used.some((schema) => key in schema!.shape)) this.report([key], 'none of the stages has this setting');
    }
  }

  private stage(shared: Values, own: Values, at: KeyPath): StageConfig | undefined {
    const method = own.method ?? shared.method;
    const schema = schemaOf(method);
    if (!schema) {
      const issue = z.enum(methods).safeParse(method).error!.issues[0]!;
      this.report([...at, 'method'], describeIssue(issue, method, []));
      return undefined;
    }
    const known = Object.keys(schema.shape);
    const given = at.length === 0 ? pick(shared, stageKeys) : { ...pick(shared, known), ...own };
    return this.check(schema as z.ZodType<StageConfig>, given, (path) =>
      path.length > 0 && path[0]! in own
        ? [...at, ...path]
        : path.length > 0 && path[0]! in shared
          ? path
          : [...at, ...path],
    );
  }

  private check<T>(schema: z.ZodType<T>, value: Values, place: (path: KeyPath) => KeyPath): T | undefined {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      const path = issue.path as KeyPath;
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys.slice(0, MAX_UNKNOWN))
          this.report(place([...path, key]), this.unknown(key, schema, path, value));
      } else {
        this.report(place(path), describeIssue(issue, valueAt(value, path), []));
      }
    }
    return undefined;
  }

  private unknown(key: string, schema: z.ZodType, path: KeyPath, value: Values): string {
    const known = keysAt(schema, path);
    const isStage = path.length === 0 && typeof value.method === 'string';
    if (isStage && stageKeys.includes(key)) return `method ${value.method} has no such setting`;
    if (isStage && runKeys.includes(key)) return 'belongs at the top level of the file, not in a stage';
    return unknownKey(key, known);
  }
}

function schemaOf(method: unknown) {
  return methods.includes(method as Method) ? stageSchemas[method as Method] : undefined;
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pick(values: Values, keys: readonly string[]): Values {
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
}

function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((at, key) => (at as Values | undefined)?.[key as string], value);
}

/** Known keys of the map at `path`, looking through defaults, lists and shorthands. */
function keysAt(schema: z.ZodType, path: KeyPath): string[] {
  let at: z.ZodType | undefined = bare(schema);
  for (const key of path) {
    if (at instanceof z.ZodArray) at = bare(at.element as z.ZodType);
    else if (at instanceof z.ZodObject) at = bare(at.shape[key as string] as z.ZodType);
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return bare(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodPipe ? bare(schema.out as z.ZodType) : schema;
}
