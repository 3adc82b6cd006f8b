/** Interfaces of the settings with a doc comment for each, so that an editor shows what a configuration in code may hold. */
import { type JsonSchema, type SettingsSchema, settingsSchemas } from '../../lib/config/json_schema.js';
import { valueText } from './values.js';

const header = `/**
 * The settings as they are written, with their defaults. Made of the schemas by \`npm run configuration\`: change those.
 */
`;

/** Text of \`lib/config/settings.ts\`. */
export function settingsTypes(): string {
  const interfaces = new Map<string, string>();
  for (const [name, schema] of Object.entries(settingsSchemas())) define(capital(name), schema, interfaces);
  return [header, ...interfaces.values()].join('\n');
}

/** Add an interface, after those that it refers to. */
function define(name: string, { properties, required = [] }: SettingsSchema, into: Map<string, string>): void {
  const members = Object.entries(properties).map(([key, schema]) => {
    const type = typeOf(key, schema, into);
    return `${comment(schema)}  ${key}${required.includes(key) ? `: ${type}` : `?: ${type} | undefined`};\n`;
  });
  into.set(name, `export interface ${name}Settings {\n${members.join('')}}\n`);
}

function comment({ description, default: value }: JsonSchema): string {
  const text = value === undefined ? description : `${description} Default: \`${valueText(value)}\`.`;
  return `  /** ${text} */\n`;
}

/** TypeScript's type of a setting. A map becomes an interface named after its key. */
function typeOf(key: string, schema: JsonSchema, into: Map<string, string>): string {
  if (schema.anyOf) return schema.anyOf.map((variant) => typeOf(key, variant, into)).join(' | ');
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum) return schema.enum.map(literal).join(' | ');
  if (schema.type === 'array') return `(${typeOf(key.replace(/s$/, ''), schema.items!, into)})[]`;
  if (schema.type === 'integer') return 'number';
  if (schema.type !== 'object') return schema.type!;
  if (!schema.properties) return 'Record<string, string>';
  define(capital(key), schema as SettingsSchema, into);
  return `${capital(key)}Settings`;
}

const literal = (value: unknown) => (typeof value === 'string' ? `'${value}'` : JSON.stringify(value));
const capital = (name: string) => name[0]!.toUpperCase() + name.slice(1);
