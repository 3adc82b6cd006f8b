/** `foothold schema`: the JSON Schema of a configuration. */
import type { Command } from '../command.js';

export const schema: Command = {
  command: 'schema',
  describe: 'Print the JSON Schema of a configuration, for editors',
  examples: [
    [
      'foothold schema > foothold.schema.json',
      'then begin a file with: # yaml-language-server: $schema=foothold.schema.json',
    ],
  ],
  builder: (yargs) => yargs,
  handler: async () => {
    const { configJsonSchema } = await import('../../config/json_schema.js');
    process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  },
};
