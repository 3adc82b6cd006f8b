/** `foothold verify`: JSON lines of answers → whether they are equal. */
import type { Command } from '../command.js';

interface VerifyArguments {
  file: string;
  strict: boolean;
}

export const verify: Command<VerifyArguments> = {
  command: 'verify [file]',
  describe: 'Tell whether answers to maths problems are equal',
  examples: [
    ['foothold verify pairs.jsonl', 'one {"equal", "gold", "pred"} for each line {"gold", "pred"}'],
    ['answers | foothold verify --no-strict', 'as they come in; sets and tuples without order'],
  ],
  builder: (yargs) =>
    yargs
      .positional('file', {
        type: 'string',
        default: '-',
        describe: 'JSON lines {"gold": "…", "pred": "…"}; - reads standard input',
      })
      .option('strict', {
        type: 'boolean',
        default: true,
        describe: 'Order of tuples, kind of brackets and names of variables matter',
      }),
  handler: async ({ file, strict }) => {
    const { verifyLines } = await import('../verification.js');
    const { writeLines } = await import('../output.js');
    await writeLines(verifyLines(file, { strict }), 0);
  },
};
