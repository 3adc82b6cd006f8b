/** `docs/configuration-reference.md`: every setting, in tables. */
import { type JsonSchema, type SettingsSchema, settingsSchemas } from '../../lib/config/json_schema.js';
import { methods } from '../../lib/config/schema.js';
import { valueText } from './values.js';

const header = `# Configuration reference

Every setting of a run. Made of the schemas in \`lib/config\` by \`npm run configuration\`; [configuration](configuration.md) shows
how a configuration is written. Editors complete and check the keys of a YAML file whose first line names the schema:

\`\`\`yaml
# yaml-language-server: $schema=./node_modules/foothold/dist/foothold.schema.json
\`\`\`

\`foothold schema\` prints it. A key without a default may be left out unless it is marked *required*.
`;

/** Text of the page. */
export function referencePage(): string {
  const { run, ...byMethod } = settingsSchemas();
  const { sft, srl } = byMethod;
  const common = Object.keys(sft.properties);
  const sampling = Object.keys(srl.properties).filter((key) => !common.includes(key));
  return [
    header,
    section('The run', 'Given once, at the top level of the file.', table(run)),
    ...mapsBelow('', run),
    section(
      'A stage',
      'At the top level of the file, or in an entry of `stages`; at the top level they then hold for all stages that know them.',
      methodTable(common, byMethod),
    ),
    section('A stage that samples', 'Only with the methods `srl` and `rlvr`.', methodTable(sampling, byMethod)),
    ...mapsBelow('', { ...srl, properties: { rewards: srl.properties.rewards! } }),
  ].join('\n');
}

const section = (title: string, text: string, rows: string[]) => `## ${title}\n\n${text}\n\n${rows.join('\n')}\n`;

function table({ properties, required = [] }: SettingsSchema): string[] {
  const rows = Object.entries(properties).map(([key, schema]) =>
    row(`\`${key}\``, valuesText(schema), defaultText(schema, required.includes(key)), schema.description!),
  );
  return ['| key | value | default | |', '|---|---|---|---|', ...rows];
}

function methodTable(keys: string[], byMethod: Record<(typeof methods)[number], SettingsSchema>): string[] {
  const shown = methods.filter((method) => keys.every((key) => key in byMethod[method].properties));
  const rows = keys.map((key) => {
    const schemas = shown.map((method) => byMethod[method].properties[key]!);
    const defaults = shown.map((method, i) => defaultText(schemas[i]!, byMethod[method].required.includes(key)));
    const values = key === 'method' ? methods.map((name) => `\`${name}\``).join(', ') : valuesText(schemas[0]!);
    return row(`\`${key}\``, values, ...defaults, schemas[0]!.description!);
  });
  const columns = ['key', 'value', ...shown.map((method) => `\`${method}\``), ''];
  return [`| ${columns.join(' | ')} |`, `|${'---|'.repeat(columns.length)}`, ...rows];
}

/** A section for each setting that may be a map, and for those in it. */
function mapsBelow(path: string, { properties }: SettingsSchema): string[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const map = mapOf(schema);
    if (!map) return [];
    const name = `${path}${key}${schema.items ? '[]' : ''}`;
    const [first] = Object.keys(map.properties);
    const shorthand = `\`${name}: value\` is short for \`${name}: { ${first}: value }\`.`;
    const text = schema.items ? `An entry that is a text stands for \`{ ${first}: text }\`.` : shorthand;
    return [section(`\`${name}\``, text, table(map)), ...mapsBelow(`${name}.`, map)];
  });
}

function mapOf(schema: JsonSchema): SettingsSchema | undefined {
  const map = (schema.items ?? schema).anyOf?.find(({ properties }) => properties);
  return map as SettingsSchema | undefined;
}

function defaultText(schema: JsonSchema, required: boolean): string {
  if (required) return '*required*';
  if (schema.default === undefined) return '–';
  return `\`${valueText(schema.default)}\``;
}

/** What may be given, in words. */
function valuesText(schema: JsonSchema): string {
  if (schema.anyOf) return schema.anyOf.map(valuesText).join(' or ');
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.type === 'array') return `list of ${valuesText(schema.items!)}`;
  if (schema.type === 'number') return `number${bounds(schema)}`;
  if (schema.type === 'integer') return `whole number${bounds(schema)}`;
  return { string: 'text', boolean: '`true`, `false`', object: 'map' }[schema.type!]!;
}

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const parts = [
    minimum !== undefined && `≥ ${minimum}`,
    exclusiveMinimum !== undefined && `> ${exclusiveMinimum}`,
    maximum !== undefined && `≤ ${maximum}`,
    exclusiveMaximum !== undefined && `< ${exclusiveMaximum}`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? ` ${parts.join(', ')}` : '';
}

const row = (...cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
