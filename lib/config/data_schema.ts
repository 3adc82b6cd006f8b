/** The settings of model and data. */
import { z } from 'zod';
import { shorthand } from './shorthand.js';

const count = z.int().min(1);

export const model = shorthand(
  'path',
  z.strictObject({
    path: z.string().min(1).describe('Folder, GGUF file or Hugging Face id.'),
    device: z
      .string()
      .min(1)
      .default('auto')
      .describe('`cpu`, `cuda`, `cuda:1`, …; `auto` takes CUDA where there is one.'),
    dtype: z
      .enum(['float32', 'bfloat16'])
      .default('float32')
      .describe('`bfloat16` keeps float32 master weights beside the bfloat16 ones; on a CPU sampling is slow in it.'),
  }),
).describe('The model to train: folder, GGUF file or Hugging Face id; or a map with its placement.');

const validation = shorthand(
  'file',
  z
    .strictObject({
      file: z.string().min(1).optional().describe('A file of held-out problems.'),
      fraction: z
        .number()
        .gt(0)
        .lt(1)
        .optional()
        .describe('Share of the training problems held out, at least one, chosen by `seed`.'),
      count: count.optional().describe('Number of training problems held out, chosen by `seed`.'),
    })
    .refine((given) => Object.keys(given).length === 1, 'expected exactly one of file, fraction, count')
    .meta({ minProperties: 1, maxProperties: 1 }),
).describe('Held-out file; or `fraction` or `count` of the training problems. Left out, nothing is validated.');

/** How `lib/data` reads the files and cuts trajectories into instances. */
export const data = shorthand(
  'train',
  z.strictObject({
    train: z.string().min(1).describe('Expert solutions: JSON lines, JSON or Parquet; a file, a folder or a pattern.'),
    validation: validation.optional(),
    format: z
      .enum(['numbered', 'gsm8k', 'swe', 'steps', 'instances'])
      .optional()
      .describe('Format of the data; recognised from the first rows when left out.'),
    map: z
      .record(z.string(), z.string())
      .optional()
      .describe('Format `instances`: our name of a column to theirs, as in `{ prompt: input_prompt }`.'),
    splitter: z.string().min(1).optional().describe('Module whose default export makes a trajectory of a row.'),
    keepCalculatorMarks: z.boolean().default(false).describe('Format `gsm8k`: keep `<<48/2=24>>`.'),
    solutionField: z.string().min(1).optional().describe('Format `numbered`: column that holds the steps.'),
    resolvedOnly: z.boolean().default(false).describe('Format `swe`: only runs that resolved the issue.'),
    maxObservationChars: count
      .default(2000)
      .describe('Format `swe`: an observation with more characters loses its middle.'),
    dropStep: z
      .enum(['last', 'first', 'none'])
      .default('last')
      .describe(
        'Which of the N steps is never asked for: `last` (k = 1 … N−1, the index set of the SRL paper), `first`, `none`.',
      ),
    title: z
      .enum(['target', 'context'])
      .default('target')
      .describe(
        "A step's title is part of what the model must write (`target`), or given to it as a hint (`context`).",
      ),
    contextPairs: z.int().min(0).default(2).describe('Format `swe`: last actions shown, each with its observation.'),
  }),
).describe('Training file; or a map that says how it is read and what is held out.');
