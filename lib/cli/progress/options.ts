/** The options of progress, as `placement.ts` has those of models. */

/** The option of every command that works for long. */
export const quietOption = {
  quiet: { type: 'boolean', default: false, describe: 'Show no progress, only warnings' },
} as const;

/** Options of the commands whose outcome is a course of events. */
export const eventOptions = {
  ...quietOption,
  json: { type: 'boolean', default: false, describe: 'Print events as JSON, one a line, instead of progress' },
} as const;
